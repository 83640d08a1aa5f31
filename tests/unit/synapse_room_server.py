"""Rooms for the fake chat server.

Rules are those of Synapse 1.163.2: synapse/handlers/room.py, synapse/rest/client/room.py and directory.py, and
synapse/rest/admin/rooms.py.
"""

from __future__ import annotations

import copy
from typing import Any

from unit.synapse_server import ADMIN_V1, CLIENT, Answer, FakeSynapse

MISSING: Answer = (404, {"errcode": "M_NOT_FOUND", "error": "Room alias not found"})
# What a server refuses without a setting of its own (synapse/config/ratelimiting.py, rc_room_creation).
BURST = 10
LATER: Answer = (429, {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 62500})
FORBIDDEN: Answer = (403, {"errcode": "M_FORBIDDEN", "error": "You don't have permission"})


class FakeRooms(FakeSynapse):
    """The same server, with rooms."""

    def make(self, me: str, _query: Any, body: dict[str, Any]) -> Answer:
        if len(self.rooms) >= BURST and self.users[me]["limit"].get("messages_per_second") != 0:
            return LATER
        room_id = f"!{len(self.rooms)}:example.com"
        version, alias = body["room_version"], f"#{body['room_alias_name']}:example.com"
        assert alias not in self.aliases
        override = body["power_level_content_override"]
        assert (me in override["users"]) is (int(version) < 12), "who makes a room of version 12 is not listed"
        levels = {"users_default": 0, "events_default": 0, "state_default": 50, "kick": 50, "ban": 50, "invite": 0}
        state: dict[Any, Any] = {
            ("m.room.create", ""): {"room_version": version, **body["creation_content"]},
            ("m.room.member", me): {"membership": "join"},
            ("m.room.power_levels", ""): {**levels, **override},
            ("m.room.join_rules", ""): {"join_rule": "invite"},
            ("m.room.canonical_alias", ""): {"alias": alias},
        }
        state |= {(event["type"], event["state_key"]): event["content"] for event in body["initial_state"]}
        self.rooms[room_id] = {"creator": me, "visibility": body["visibility"], "state": state}
        self.aliases[alias] = room_id
        return 200, {"room_id": room_id}

    def resolve(self, _me: str, _query: Any, _body: Any, alias: str) -> Answer:
        return (200, {"room_id": self.aliases[alias]}) if alias in self.aliases else MISSING

    def free(self, _me: str, _query: Any, _body: Any, alias: str) -> Answer:
        return (200, {}) if self.aliases.pop(alias, "") else MISSING

    def state(self, _me: str, _query: Any, _body: Any, room: str) -> Answer:
        rows = [
            {"type": kind, "state_key": key, "content": content, "sender": self.rooms[room]["creator"]}
            for (kind, key), content in self.rooms[room]["state"].items()
        ]
        return 200, {"state": copy.deepcopy(rows)}

    def may(self, me: str, room: str) -> bool:
        """Tell whether somebody may do everything in a room."""
        state = self.rooms[room]["state"]
        supreme = int(state[("m.room.create", "")]["room_version"]) >= 12 and self.rooms[room]["creator"] == me
        joined = state.get(("m.room.member", me), {}).get("membership") == "join"
        return joined and (supreme or state[("m.room.power_levels", "")]["users"].get(me, 0) >= 100)

    def put_state(self, me: str, _query: Any, body: Any, room: str, kind: str, key: str = "") -> Answer:
        if not self.may(me, room):
            return FORBIDDEN
        self.rooms[room]["state"][(kind, key)] = body
        return 200, {"event_id": "$1"}

    def listed(self, _me: str, _query: Any, _body: Any, room: str) -> Answer:
        return 200, {"visibility": self.rooms[room]["visibility"]}

    def list_it(self, _me: str, _query: Any, body: Any, room: str) -> Answer:
        self.rooms[room]["visibility"] = body["visibility"]
        return 200, {}

    def bring(self, me: str, _query: Any, body: Any, room: str) -> Answer:
        if body["user_id"] not in self.users:
            return 404, {"errcode": "M_NOT_FOUND", "error": "User not found"}
        return self.put_state(me, None, {"membership": "join"}, room, "m.room.member", body["user_id"])

    def kick(self, me: str, _query: Any, body: Any, room: str) -> Answer:
        return self.put_state(me, None, {"membership": "leave"}, room, "m.room.member", body["user_id"])

    def rule(self, me: str, _query: Any, _body: Any, room: str) -> Answer:
        self.rooms[room]["state"][("m.room.power_levels", "")]["users"][me] = 100
        return 200, {}

    def join(self, me: str, _query: Any, _body: Any, room: str) -> Answer:
        self.rooms[room]["state"][("m.room.member", me)] = {"membership": "join"}
        return 200, {"room_id": room}

    def remove(self, _me: str, _query: Any, body: Any, room: str) -> Answer:
        assert body == {"purge": True, "block": False}
        del self.rooms[room]
        return 200, {"delete_id": "d1"}

    def status(self, *_: Any) -> Answer:
        # The first question comes while it is under way.
        asked = sum("delete_status" in call for call in self.calls)
        return 200, {"status": "active" if asked == 1 else "complete"}

    def joined(self, alias: str) -> list[str]:
        """Return who is in a room."""
        state = self.rooms[self.aliases[alias]]["state"]
        members = [key for (kind, key), content in state.items() if content == {"membership": "join"}]
        return sorted(members)


FakeRooms.routes = {
    f"POST {CLIENT}/createRoom": FakeRooms.make,
    f"GET {CLIENT}/directory/room/([^/]+)": FakeRooms.resolve,
    f"DELETE {CLIENT}/directory/room/([^/]+)": FakeRooms.free,
    f"GET {CLIENT}/directory/list/room/([^/]+)": FakeRooms.listed,
    f"PUT {CLIENT}/directory/list/room/([^/]+)": FakeRooms.list_it,
    f"GET {ADMIN_V1}/rooms/([^/]+)/state": FakeRooms.state,
    f"PUT {CLIENT}/rooms/([^/]+)/state/([^/]+)/([^/]*)": FakeRooms.put_state,
    f"POST {ADMIN_V1}/join/([^/]+)": FakeRooms.bring,
    f"POST {CLIENT}/rooms/([^/]+)/kick": FakeRooms.kick,
    f"POST {ADMIN_V1}/rooms/([^/]+)/make_room_admin": FakeRooms.rule,
    f"POST {CLIENT}/join/([^/]+)": FakeRooms.join,
    "DELETE /_synapse/admin/v2/rooms/([^/]+)": FakeRooms.remove,
    "GET /_synapse/admin/v2/rooms/delete_status/([^/]+)": FakeRooms.status,
    **FakeSynapse.routes,
}
