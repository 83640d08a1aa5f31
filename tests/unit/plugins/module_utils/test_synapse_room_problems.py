"""What is wrong with rooms as they are wanted is told in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from unit.room_wishes import ACTOR, ALICE, BOB, EMPTY, INNER, ROOM, SPACE

from ansible_collections.privatechat.platform.plugins.module_utils._synapse_room_problems import problems


def entry(alias: str, **more: Any) -> dict[str, Any]:
    return {**EMPTY, "alias": alias, **more}


def test_a_circle_of_spaces_is_refused() -> None:
    circle = [entry(SPACE, space=True, parent=INNER), entry(INNER, space=True, parent=SPACE)]
    found = list(problems(circle, {}, "x.org", ACTOR))
    assert [problem.split(" is in a space")[0] for problem in found] == [f"'{INNER}'", f"'{SPACE}'"]


def test_a_room_given_twice_is_refused() -> None:
    found = list(problems([entry(ROOM)] * 2, {}, "x.org", ACTOR))
    assert found == [f"'{ROOM}' is given 2 times; give it once."]


@pytest.mark.parametrize(("version", "refused"), [("11", [BOB]), ("12", [])])
def test_an_administrator_is_deposed_by_nobody_with_the_same_power(version: str, refused: list[str]) -> None:
    levels = {("m.room.power_levels", ""): {"users": {ACTOR: 100, BOB: 100}}}
    room = {"version": version, "creators": [ACTOR], "state": levels}
    members = [{"name": ALICE, "role": "moderator"}]
    found = list(problems([entry(ROOM, members=members, exact=True)], {ROOM: room}, "x.org", ACTOR))
    assert [user for user in (ALICE, BOB) if user in " ".join(found)] == refused
    assert not list(problems([entry(ROOM, members=members)], {ROOM: room}, "x.org", ACTOR))
