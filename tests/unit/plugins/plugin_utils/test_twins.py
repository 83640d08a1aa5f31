"""Two hosts with one name are told, whoever gave them the name."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._twins import twin_problems


def called(**names: str) -> dict[str, dict[str, Any]]:
    """Return variables of hosts whose machines call themselves so."""
    return {host: {"ansible_facts": {"nodename": name}} for host, name in names.items()}


def test_hosts_with_names_of_their_own_are_fine() -> None:
    assert list(twin_problems(["a", "b", "c"], {**called(a="a", b="b.example.com"), "c": {}})) == []


def test_names_of_the_inventory_that_differ_in_case_only_are_told() -> None:
    (problem,) = twin_problems(["data1", "Data1"], {"data1": {}, "Data1": {}})
    assert problem == (
        "The inventory names 'Data1' and 'data1', which are the same as DNS sees them. Rename all but one."
    )


def test_machines_that_call_themselves_the_same_are_told() -> None:
    (problem,) = twin_problems(["a", "b", "c"], called(a="debian", b="other", c="Debian"))
    assert problem.startswith("The machines of the hosts 'a' and 'c' all call themselves 'debian', so")
