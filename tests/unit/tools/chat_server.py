"""A chat server of a few lines: rooms are made, messages reach those who sync."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class ChatServer:
    """Knows people by their tokens, and everybody's messages in order."""

    def __init__(self, send_seconds: float = 0, refuse_first: int = 0, deaf: str = "", broken: bool = False) -> None:
        self.send_seconds, self.refusals, self.deaf, self.broken = send_seconds, refuse_first, deaf, broken
        self.members: dict[str, set[str]] = {}
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.numbers: set[str] = set()
        self.news = asyncio.Condition()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve on a port of this machine."""
        app = web.Application()
        app.router.add_post("/_matrix/client/v3/createRoom", self.create)
        app.router.add_post("/_matrix/client/v3/join/{room}", self.join)
        app.router.add_put("/_matrix/client/v3/rooms/{room}/send/{kind}/{txn}", self.send)
        app.router.add_get("/_matrix/client/v3/sync", self.sync)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://chat.example.com:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    @staticmethod
    def who(request: web.Request) -> str:
        return f"@p{request.headers['Authorization'].removeprefix('Bearer token')}:example.com"

    async def create(self, request: web.Request) -> web.Response:
        room = f"!{len(self.members)}:example.com"
        self.members[room] = {self.who(request)}
        return web.json_response({"room_id": room})

    async def join(self, request: web.Request) -> web.Response:
        self.members[request.match_info["room"]].add(self.who(request))
        return web.json_response({})

    async def send(self, request: web.Request) -> web.Response:
        if self.broken:
            return web.json_response({"errcode": "M_UNKNOWN"}, status=500)
        if self.refusals:
            self.refusals -= 1
            return web.json_response({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10}, status=429)
        await asyncio.sleep(self.send_seconds)
        assert request.match_info["txn"] not in self.numbers
        self.numbers.add(request.match_info["txn"])
        event = {"sender": self.who(request), "content": await request.json()}
        async with self.news:
            self.said.append((request.match_info["room"], event))
            self.news.notify_all()
        return web.json_response({"event_id": f"${len(self.said)}"})

    async def sync(self, request: web.Request) -> web.Response:
        me, since = self.who(request), int(request.query.get("since", 0))
        rooms: dict[str, Any] = {}
        if "since" in request.query:
            async with self.news:
                await asyncio.wait_for(self.news.wait_for(lambda: len(self.said) > since), 10)
        for room, event in self.said[since:]:
            if me in self.members[room] and me != self.deaf:
                rooms.setdefault(room, {"timeline": {"events": []}})["timeline"]["events"].append(event)
        return web.json_response({"next_batch": str(len(self.said)), "rooms": {"join": rooms}})
