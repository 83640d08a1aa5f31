"""The generated tables say what their sources say, and nothing outside their markers changes."""

from __future__ import annotations

import markers
import platform_tables
import pytest
import role_readme

PAGE = "# Title\n<!-- inputs -->\nold\n<!-- /inputs -->\nrest\n"


def test_only_the_part_between_the_markers_is_replaced() -> None:
    assert markers.replaced(PAGE, "inputs", "new") == "# Title\n<!-- inputs -->\nnew\n<!-- /inputs -->\nrest\n"


def test_replacing_twice_changes_nothing() -> None:
    once = markers.replaced(PAGE, "inputs", "a \\1 b")
    assert markers.replaced(once, "inputs", "a \\1 b") == once


def test_missing_markers_are_an_error_that_names_them() -> None:
    with pytest.raises(markers.MarkerError, match="<!-- ports -->"):
        markers.replaced(PAGE, "ports", "new")


@pytest.mark.parametrize(
    ("option", "cells"),
    [
        ({"required": True, "description": "Why."}, ["`a`", "str", "required", "Why."]),
        ({"type": "int", "default": 0, "description": ["One.", "Two."]}, ["`a`", "int", "`0`", "One. Two."]),
        ({"type": "bool", "default": False, "description": "x"}, ["`a`", "bool", "`false`", "x"]),
        ({"type": "list", "elements": "str", "default": []}, ["`a`", "list of str", "`[]`", ""]),
        (
            {"default": "", "description": "O(b) or V(c)", "choices": ["c"]},
            ["`a`", "str", "empty", "`b` or `c` One of `c`."],
        ),
    ],
)
def test_an_input_becomes_a_row(option: dict[str, object], cells: list[str]) -> None:
    assert role_readme.row("a", option) == cells


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert markers.table(["A"], [["a|b"]]).splitlines()[-1] == "| a\\|b |"


@pytest.mark.parametrize(
    ("flow", "text"),
    [
        ({"port": "https"}, "443/tcp"),
        ({"port": 9100}, "9100/tcp"),
        ({"protocol": "vrrp"}, "VRRP"),
    ],
)
def test_a_flow_opens_a_port_by_its_name_or_number_or_a_protocol(flow: dict[str, object], text: str) -> None:
    assert platform_tables.opened({"ports": {"https": 443}, "protocols": {"vrrp": 112}}, flow) == text
    assert platform_tables.opened({}, {"port": 9100}) == "9100/tcp"


def test_the_sum_of_one_machine_is_the_sum_of_its_tiers() -> None:
    need = {"memory_mb": 100, "memory_mb_per_1000_users": 10, "cores": 2, "disk_gb": 3}
    table = platform_tables.sizes({"platform_tiers": {"a": {"needs": need}, "b": {"needs": {**need, "cores": 1}}}})
    assert table.splitlines()[-1] == (
        "| **one machine** | **6 GB** | **202 MB, 2 cores** | **220 MB, 2 cores** | **400 MB, 2 cores** |"
    )


def test_a_process_is_of_the_kind_that_its_name_begins_with() -> None:
    assert [platform_tables.kind_of(name) for name in ("main", "sync2-3", "initial_sync10")] == [
        "main",
        "sync",
        "initial_sync",
    ]
