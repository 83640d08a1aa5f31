"""Only what differs is sent, and what was sent is then what was wanted."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules.patroni_config import merge, plan

CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"ttl": 20}, {"ttl": 20}, {}),
    ({"ttl": 30, "other": 1}, {"ttl": 20}, {"ttl": 20}),
    ({}, {"postgresql": {"parameters": {"a": 1}}}, {"postgresql": {"parameters": {"a": 1}}}),
    ({"p": {"q": {"a": 1, "b": 2}}}, {"p": {"q": {"a": 1, "b": 3}}}, {"p": {"q": {"b": 3}}}),
    ({"p": "text"}, {"p": {"a": 1}}, {"p": {"a": 1}}),
    ({"gone": 1}, {"gone": None}, {"gone": None}),
    ({}, {"gone": None}, {}),
    ({}, {"empty": {}}, {}),
]


@pytest.mark.parametrize(("current", "wanted", "patch"), CASES)
def test_the_patch_is_the_smallest(current: dict[str, Any], wanted: dict[str, Any], patch: dict[str, Any]) -> None:
    assert plan(current, wanted) == patch


@pytest.mark.parametrize(("current", "wanted", "patch"), CASES)
def test_after_the_patch_nothing_is_left_to_do(
    current: dict[str, Any], wanted: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert plan(merge(current, patch), wanted) == {}
