"""People, rooms, and what somebody may write down about a room."""

from __future__ import annotations

from typing import Any

ACTOR, ALICE, BOB = "@admin:x.org", "@alice:x.org", "@bob:x.org"
ROOM, SPACE, INNER = "#room:x.org", "#space:x.org", "#inner:x.org"
EMPTY: dict[str, Any] = {
    **dict.fromkeys(("parent", "name", "topic", "visibility", "join_rule", "encrypted", "power_levels", "members")),
    "state": "present",
    "space": False,
    "exact": False,
}
