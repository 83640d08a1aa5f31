"""Only what differs is planned, and after it nothing is left to do."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_tokens as tokens

NOW = tokens.milliseconds("2026-06-01T00:00:00Z") or 0
LATER, PAST = "2027-01-31T12:00:00Z", "2026-01-31T12:00:00Z"
STATES: list[dict[str, Any] | None] = [
    None,
    {"uses_allowed": None, "expiry_time": None},
    {"uses_allowed": 3, "expiry_time": tokens.milliseconds(LATER)},
    {"uses_allowed": 3, "expiry_time": tokens.milliseconds(PAST)},
]
WISHES: list[dict[str, Any]] = [
    {},
    {"uses_allowed": 3, "expires": LATER},
    {"uses_allowed": 0},
    {"uses_allowed": 3, "expires": PAST},
    {"expires": PAST},
    {"state": "absent"},
]


def entry(token: str = "abc", **more: Any) -> dict[str, Any]:
    return {"name": token, "token": token, "state": "present", "uses_allowed": None, "expires": None, **more}


@pytest.mark.parametrize(("state", "wish", "purge"), list(itertools.product(STATES, WISHES, [False, True])))
def test_after_the_patches_nothing_is_left_to_do(
    state: dict[str, Any] | None, wish: dict[str, Any], *, purge: bool
) -> None:
    current = {"other": STATES[1] or {}, **({"abc": state} if state else {})}
    wanted = [entry(**wish)]
    patches = tokens.plan(current, wanted, NOW, purge=purge)
    assert ("other" in patches) is purge
    assert tokens.plan(tokens.merge(current, patches), wanted, NOW, purge=purge) == {}


@pytest.mark.parametrize(
    ("current", "wish", "patches"),
    [
        ({}, {}, {"abc": STATES[1]}),
        ({"abc": STATES[1]}, {}, {}),
        ({"abc": STATES[2]}, {"uses_allowed": 3, "expires": "2027-01-31T13:00:00+01:00"}, {}),
        ({"abc": STATES[2]}, {"uses_allowed": 3, "expires": "2027-01-31T12:00:00"}, {}),
        ({"abc": STATES[1]}, {"expires": PAST}, {"abc": None}),
        ({}, {"expires": PAST}, {}),
        ({}, {"state": "absent"}, {}),
    ],
)
def test_the_plan_is_the_smallest(current: Any, wish: dict[str, Any], patches: Any) -> None:
    assert tokens.plan(current, [entry(**wish)], NOW, purge=False) == patches


def test_every_problem_is_named_at_once_and_no_token() -> None:
    wrong = [
        entry("not/allowed", name="a"),
        entry("same", name="b", uses_allowed=-1),
        entry("same", name="c", expires="soon"),
    ]
    found = tokens.problems(wrong)
    assert found == [
        "b, c have the same token; give each its own.",
        "the token of 'a' must be 1 to 64 letters, digits and . _ ~ -",
        "'b' has uses_allowed -1; give 0 or more, or none.",
        "'c' expires at 'soon'; write it like 2027-01-31T12:00:00Z.",
    ]


def test_a_token_is_called_by_its_name() -> None:
    assert tokens.labels([entry("abc", name="fair")], ["abc", "x", "y"]) == {
        "abc": "fair",
        "x": "unnamed 1",
        "y": "unnamed 2",
    }
