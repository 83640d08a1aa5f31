"""Rooms in which people talk, for the fake chat server: what one sends, the other's sync brings."""

from __future__ import annotations

import json
import time
from typing import Any

from unit.synapse_server import CLIENT, Answer, FakeSynapse


class FakeTalk(FakeSynapse):
    """The same server, with rooms in which people talk."""

    def __init__(self) -> None:
        super().__init__()
        self.add("probe-sender", password="secret-s")
        self.add("probe-receiver", password="secret-r")
        self.remembered: dict[str, Any] = {}
        self.devices: set[str] = set()
        self.said: list[tuple[str, str, dict[str, Any]]] = []
        self.deaf = False

    def log_in(self, body: Any) -> Answer:
        self.devices.add(body["device_id"])
        return super().log_in(body)

    def recall(self, _me: str, _query: Any, _body: Any, kind: str) -> Answer:
        return (200, self.remembered[kind]) if kind in self.remembered else (404, {"errcode": "M_NOT_FOUND"})

    def remember(self, _me: str, _query: Any, body: Any, kind: str) -> Answer:
        self.remembered[kind] = body
        return 200, {}

    def make(self, me: str, _query: Any, body: Any) -> Answer:
        assert body["invite"] == ["@probe-receiver:example.com"]
        room = f"!{len(self.rooms)}:example.com"
        self.rooms[room] = {"members": {me}}
        return 200, {"room_id": room}

    def join(self, me: str, _query: Any, _body: Any, room: str) -> Answer:
        if room not in self.rooms:
            return 404, {"errcode": "M_UNKNOWN"}
        self.rooms[room]["members"].add(me)
        return 200, {}

    def send(self, _me: str, _query: Any, body: Any, room: str, number: str) -> Answer:
        if all(number != sent for _room, sent, _body in self.said):
            self.said.append((room, number, body))
        return 200, {"event_id": "$1"}

    def sync(self, _me: str, query: dict[str, str], _body: Any) -> Answer:
        time.sleep(0.01)
        room = json.loads(query["filter"])["room"]["rooms"][0]
        news = [] if self.deaf else self.said[int(query.get("since", 0)) :]
        events = [{"content": body} for place, _number, body in news if place == room]
        return 200, {
            "next_batch": str(len(self.said)),
            "rooms": {"join": {room: {"timeline": {"events": events}}}},
        }


FakeTalk.routes = {
    rf"GET {CLIENT}/user/[^/]+/account_data/([^/]+)": FakeTalk.recall,
    rf"PUT {CLIENT}/user/[^/]+/account_data/([^/]+)": FakeTalk.remember,
    f"POST {CLIENT}/createRoom": FakeTalk.make,
    f"POST {CLIENT}/join/([^/]+)": FakeTalk.join,
    f"PUT {CLIENT}/rooms/([^/]+)/send/m.room.message/([^/]+)": FakeTalk.send,
    f"GET {CLIENT}/sync": FakeTalk.sync,
}
