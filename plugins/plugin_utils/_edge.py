# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The balancer's view of the platform: back ends from chat processes, numbers of servers, what its figures say."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# HAProxy's identifiers are positive and below 2^31.
_IDENTIFIERS = 2**28
_SERVER = ("name", "address", "port")
PROCESSES, PUBLIC = "processes", "edge_"


class EdgeError(Exception):
    """Requests of some kind would have nobody to answer them; the text names every problem."""


def edge_backends(processes: list[Mapping[str, Any]], kinds: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one back end for each kind of requests, in the order of `kinds`, with the processes that serve it.

    Raises EdgeError naming each kind that nobody serves, each that is unknown, and each name that two processes have.
    """
    problems = list(_plan_problems(processes, kinds))
    if problems:
        raise EdgeError(" ".join(problems))
    return [
        {"name": kind, **options, "servers": [_server(process) for process in processes if kind in process["serves"]]}
        for kind, options in kinds.items()
    ]


def server_ids(names: Iterable[str]) -> dict[str, int]:
    """Return a number for each name, different for different names, which other names change only when two collide."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    for name in sorted(set(names)):
        number = int(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:7], 16)
        while number in taken:
            number = (number + 1) % _IDENTIFIERS
        taken.add(number)
        found[name] = number + 1
    return found


def balancer_findings(figures: str) -> list[dict[str, Any]]:
    """Return what HAProxy's table of figures says, one finding for its listeners and one for its public address."""
    rows = list(csv.DictReader(io.StringIO(figures.lstrip("# "))))
    backends = [row for row in rows if row["svname"] == "BACKEND"]
    public = [row for row in backends if row["pxname"].startswith(PUBLIC)]
    checked = [row for row in backends if row["pxname"].startswith(PROCESSES)]
    listeners = [row for row in backends if row not in public and row not in checked and row["pxname"] != "status"]
    findings = []
    if listeners:
        bad = [f"{row['pxname']} leads to no server" for row in listeners if row["status"] != "UP"]
        findings.append(_finding("balancer, listeners", bad, f"all {len(listeners)} lead to a server"))
    if public:
        servers = [row for row in rows if row["pxname"] == PROCESSES and row["svname"] != "BACKEND"]
        bad = [*_silent(public), *(_down(row) for row in servers if not row["status"].startswith("UP"))]
        good = f"all {len(servers)} processes and {len(public)} kinds of requests"
        findings.append(_finding("balancer, public address", bad, good))
    return findings


def _plan_problems(processes: list[Mapping[str, Any]], kinds: Mapping[str, Any]) -> Iterator[str]:
    names = [process["name"] for process in processes]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield (
            f"The edge cannot tell two processes apart: {names.count(name)} of the chat plan have the name '{name}'. "
            "Give each process of the plan a name of its own."
        )
    served = {kind: process["name"] for process in processes for kind in process["serves"]}
    for kind in kinds:
        if kind not in served:
            yield (
                f"The edge cannot lead requests of the kind '{kind}' anywhere: none of the chat plan's "
                f"{len(processes)} processes serves it. Let a process of the plan serve '{kind}'."
            )
    for kind, name in sorted(served.items()):
        if kind not in kinds:
            yield (
                f"The edge cannot lead requests to the process '{name}': the chat plan says that it serves '{kind}', "
                f"which is none of {', '.join(kinds)}. Correct the plan or add the kind to the edge's table."
            )


def _server(process: Mapping[str, Any]) -> dict[str, Any]:
    return {key: process[key] for key in _SERVER}


def _finding(subject: str, bad: list[str], good: str) -> dict[str, Any]:
    return {"subject": subject, "ok": not bad, "found": "; ".join(bad) or good}


def _silent(backends: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Say which back ends have no server, and which only have those that the probes call unfit."""
    for row in backends:
        kind = row["pxname"].removeprefix(PUBLIC)
        if row["status"] != "UP":
            yield f"requests of the kind {kind} have no process"
        elif row["act"] == "0":
            yield f"requests of the kind {kind} go on only because nothing better than what the probe refuses is left"


def _down(server: Mapping[str, str]) -> str:
    why = next((server[key] for key in ("last_agt", "agent_desc", "last_chk", "check_desc") if server.get(key)), "")
    return f"process {server['svname']} is {server['status']}" + (f" ({why})" if why else "")
