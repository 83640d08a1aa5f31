"""The edge's routing, as the plays hand it to the balancer, and concrete requests for the patterns of a server."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from testkit.playbook import ROOT, play_text

# What stands for a part of a path that a pattern names.
SAMPLES = {
    "room_id": "%21room%3Aexample.com",
    "room_identifier": "%21room%3Aexample.com",
    "room_alias": "%23room%3Aexample.com",
    "user_id": "%40verify-alice%3Aexample.com",
    "event_id": "%24event",
    "path": "pushrules/global/content/rule",
}
# Python's own parser of regular expressions (re._parser), whose nodes are pairs of an operation and its arguments.
MANY = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


def wiring(inventory: str | Path, directory: Path) -> dict[str, Any]:
    """Return the back ends, routes and detours that the plays compute for the inventory."""
    names = ["haproxy_edge_backends", "haproxy_edge_routes", "haproxy_edge_detours"]
    text = f"""
- import_playbook: {ROOT}/playbooks/topology.yml
- hosts: edge[0]
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{{{ {{{", ".join(f"'{name}': {name}" for name in names)}}} | to_json }}}}"
        dest: {directory}/wiring.json
        mode: "0600"
      delegate_to: localhost
      become: false
"""
    run = play_text(text, inventory, directory)
    assert run.status == 0, run.output[-4000:]
    found: dict[str, Any] = json.loads((directory / "wiring.json").read_text())
    return found


def kind_of(method: str, path: str, routes: list[dict[str, Any]]) -> str:
    """Return the kind that the table gives a request, as the balancer's map does."""
    for route in routes:
        if not route.get("methods") or method in route["methods"]:
            for pattern in route["paths"]:
                if re.match(f"(?:{pattern})", path):
                    return str(route["backend"])
    return "main"


def examples(pattern: str) -> list[str]:
    """Return concrete paths that fit a regular expression: one for each choice that it leaves."""
    compiled = re.compile(pattern)
    names = {number: name for name, number in compiled.groupindex.items()}
    parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]
    found = list(dict.fromkeys("".join(parts) for parts in _sequence(parsed, names)))
    assert all(compiled.match(path) for path in found), (pattern, found)
    return found


def _sequence(nodes: Any, names: dict[int, str]) -> Iterator[tuple[str, ...]]:
    return itertools.product(*(list(_node(str(operation), value, names)) for operation, value in nodes))


def _node(operation: str, value: Any, names: dict[int, str]) -> Iterator[str]:
    """Yield what one node of the parsed expression may stand for."""
    if operation == "LITERAL":
        yield chr(value)
    elif operation == "SUBPATTERN":
        number, _added, _removed, inner = value
        choices = ["".join(parts) for parts in _sequence(inner, names)]
        # A named part that is free text gets a sample; one that is a choice of words keeps its words.
        yield from [SAMPLES[names[number]]] if names.get(number) in SAMPLES and len(choices) <= 2 else choices
    elif operation == "BRANCH":
        for inner in value[1]:
            yield from ("".join(parts) for parts in _sequence(inner, names))
    elif operation in MANY:
        least, most, inner = value
        # A dot that nobody repeats stands for a dot, in patterns that forgot to say so.
        once = ["x" if (text := "".join(parts)) == "." else text for parts in _sequence(inner, names)]
        yield from once if most != 1 or least == 1 else ["", *once]
    elif operation == "IN" and {str(part[0]) for part in value} == {"LITERAL"}:
        yield from (chr(code) for _literal, code in value)
    else:
        yield {"ANY": ".", "IN": "x", "NOT_LITERAL": "x", "AT": ""}[operation]
