"""Lets people talk as fast as a chat server acknowledges, and takes the times of sending and of delivery.

Every person is in one room, has one message on its way at a time, and waits in a sync of its own for what the others
of the room say. Time, messages and each request are bounded, and only addresses of test networks are connected to.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import socket
import ssl
import statistics
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from .runs import BenchError

# What tools/lab gives to nodes, and this machine itself for tests of the generator.
ALLOWED = [ip_network("10.91.0.0/16"), ip_network("127.0.0.0/8")]
CLIENT_API = "/_matrix/client/v3"
REQUEST_SECONDS = 60
SYNC_SECONDS = 10
# How long after the last send deliveries are waited for.
GRACE_SECONDS = 15
MOST_SENDS = 100_000
OK, TOO_MANY = 200, 429


@dataclass(frozen=True)
class Person:
    """An account that is logged in."""

    user_id: str
    token: str


@dataclass(frozen=True)
class Target:
    """Where a chat server answers; `tls` is None where it speaks plain HTTP."""

    url: str
    address: str
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Pace:
    """How long people talk, how long before that counts, and how long each rests after a message."""

    seconds: float
    warm_up_seconds: float
    pause: float = 0


@dataclass
class Times:
    """What was seen while people talked, in milliseconds."""

    sends: list[float] = field(default_factory=list)
    deliveries: list[float] = field(default_factory=list)
    expected: int = 0
    refused: int = 0
    seconds: float = 0.0

    def figures(self) -> dict[str, float]:
        """Return what the report shows; a person who never could send makes no figures."""
        return {
            "sends_per_s": round(len(self.sends) / self.seconds, 1),
            "send_ms": rounded(self.sends, 50),
            "send_p95_ms": rounded(self.sends, 95),
            "deliver_ms": rounded(self.deliveries, 50),
            "deliver_p95_ms": rounded(self.deliveries, 95),
            "sends": len(self.sends),
            "undelivered": self.expected - len(self.deliveries),
            "refused": self.refused,
        }


def rounded(values: Sequence[float], percent: int) -> float:
    """Return the value that this share of the values does not exceed."""
    if len(values) < 2:  # noqa: PLR2004 - quantiles need two
        return round(values[0], 1) if values else 0.0
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 1)


class OneAddress(AbstractResolver):
    """Knows one address, whatever DNS says."""

    def __init__(self, address: str) -> None:
        """Refuse an address outside of test networks."""
        if not any(ip_address(address) in network for network in ALLOWED):
            raise BenchError(f"{address} is no address of a test network; load is made nowhere else.")
        self.address = address

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        """Answer for every name."""
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Hold nothing."""


class Talk:
    """People in rooms on one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str, people: Sequence[Person], rooms: int) -> None:
        self.session, self.url = session, url
        self.teams = [list(people[n::rooms]) for n in range(rooms)]
        self.times = Times()
        self.counting = False
        self.on_their_way: dict[str, float] = {}
        # A server takes a message whose number it has seen for the same one, sent again.
        self.mark, self.numbers = secrets.token_hex(8), itertools.count()

    async def call(self, person: Person, method: str, path: str, **options: Any) -> Any:
        """Send a request until the server does not ask for patience any more; raise for any other refusal."""
        headers = {"Authorization": f"Bearer {person.token}"}
        while True:
            async with self.session.request(method, f"{self.url}{path}", headers=headers, **options) as answer:
                body = await answer.json()
                if answer.status == OK:
                    return body
                self.times.refused += 1
                if answer.status != TOO_MANY:
                    raise ConnectionError(f"{method} {path} was answered {answer.status}: {body}")
            await asyncio.sleep(body.get("retry_after_ms", 1000) / 1000)

    async def meet(self, team: Sequence[Person]) -> str:
        """Return a room of the team's own that all of it are in."""
        wanted = {"preset": "private_chat", "invite": [person.user_id for person in team[1:]]}
        room = str((await self.call(team[0], "POST", f"{CLIENT_API}/createRoom", json=wanted))["room_id"])
        for person in team[1:]:
            await self.call(person, "POST", f"{CLIENT_API}/join/{quote(room)}", json={})
        return room

    async def listen(self, person: Person, heard_first: asyncio.Event) -> None:
        """Sync for ever, noting when messages of others arrive."""
        since: dict[str, str] = {}
        timeline = {"room": {"timeline": {"limit": 500}, "state": {"lazy_load_members": True}}}
        while True:
            query = {"filter": json.dumps(timeline), "timeout": str(SYNC_SECONDS * 1000), **since}
            answer = await self.call(person, "GET", f"{CLIENT_API}/sync", params=query)
            arrived = time.monotonic()
            since = {"since": answer["next_batch"]}
            heard_first.set()
            for room in answer.get("rooms", {}).get("join", {}).values():
                for event in room.get("timeline", {}).get("events", []):
                    sent = self.on_their_way.get(event.get("content", {}).get("body", ""))
                    if sent and event["sender"] != person.user_id:
                        self.times.deliveries.append((arrived - sent) * 1000)

    async def say(self, person: Person, room: str, audience: int, end: float, pause: float) -> None:
        """Send one message after the other until the end."""
        while time.monotonic() < end and len(self.times.sends) < MOST_SENDS:
            words, counted = f"{self.mark}-{next(self.numbers)}", self.counting
            path = f"{CLIENT_API}/rooms/{quote(room)}/send/m.room.message/{words}"
            started = time.monotonic()
            if counted:
                self.on_their_way[words] = started
            await self.call(person, "PUT", path, json={"msgtype": "m.text", "body": words})
            if counted:
                self.times.sends.append((time.monotonic() - started) * 1000)
                self.times.expected += audience
            await asyncio.sleep(pause)

    async def run(self, pace: Pace) -> Times:
        """Let all talk; only what is sent after the warm-up counts. One who cannot send or hear any more ends it."""
        try:
            async with asyncio.TaskGroup() as ears:
                await self._scene(pace, ears)
        except ExceptionGroup as problems:
            raise BenchError(f"People cannot talk at {self.url}: {problems.exceptions[0]}") from problems
        return self.times

    async def _scene(self, pace: Pace, ears: asyncio.TaskGroup) -> None:
        rooms = await asyncio.gather(*(self.meet(team) for team in self.teams))
        heard = [(person, asyncio.Event()) for team in self.teams for person in team]
        listeners = [ears.create_task(self.listen(person, event)) for person, event in heard]
        await asyncio.gather(*(event.wait() for _, event in heard))
        await self._speak(rooms, pace.warm_up_seconds, pace.pause)
        self.counting, started = True, time.monotonic()
        await self._speak(rooms, pace.seconds, pace.pause)
        self.times.seconds = time.monotonic() - started
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while len(self.times.deliveries) < self.times.expected:
                    await asyncio.sleep(0.05)
        for listener in listeners:
            listener.cancel()

    async def _speak(self, rooms: Sequence[str], seconds: float, pause: float) -> None:
        end = time.monotonic() + seconds
        speakers = [
            self.say(person, room, len(team) - 1, end, pause)
            for team, room in zip(self.teams, rooms, strict=True)
            for person in team
        ]
        # Those who rest between messages begin one after the other, so that no two speak at once.
        await asyncio.gather(
            *(_later(number * pause / len(speakers), speaker) for number, speaker in enumerate(speakers))
        )


async def _later(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(seconds)
    await work


@asynccontextmanager
async def _session(target: Target) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(resolver=OneAddress(target.address), ssl=target.tls or True, limit=0)
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


def measure(target: Target, people: Sequence[Person], rooms: int, pace: Pace) -> Times:
    """Return the times of people who talk at this pace."""

    async def scene() -> Times:
        async with _session(target) as session:
            return await Talk(session, target.url, people, rooms).run(pace)

    return asyncio.run(scene())
