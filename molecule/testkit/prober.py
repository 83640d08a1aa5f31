"""Two people who talk through the public address all the time and try again as clients do."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from . import wait

CLIENT = "/_matrix/client/v3"
# A person types again soon, and a client that was cut off comes back soon.
PAUSE_SECONDS, RETRY_SECONDS = 0.2, 0.5
SYNC_MS = 5000
TIMELINE = '{"room":{"timeline":{"limit":1000}}}'


class Account(Protocol):
    """Somebody who is logged in."""

    access_token: str
    user_id: str


# A request in somebody's name: account, method, path, body; raises OSError when no good answer comes.
Ask = Callable[[Account, str, str, Any], Any]


class Prober:
    """A conversation: one sends and the other receives until it is closed."""

    def __init__(self, ask: Ask, sender: Account, receiver: Account) -> None:
        self._ask, self._sender, self._receiver = ask, sender, receiver
        room = ask(sender, "POST", f"{CLIENT}/createRoom", {"invite": [receiver.user_id]})["room_id"]
        ask(receiver, "POST", f"{CLIENT}/join/{quote(room)}", {})
        self._room = room
        self.acknowledged: list[str] = []
        self.received: list[str] = []
        self.failures: list[str] = []
        self._hushed, self._over = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive)]

    def assert_talk(self, *, seconds: float = 120) -> None:
        """Wait until messages that begin from now on are acknowledged and arrive."""
        # The next one may have begun already.
        first = len(self.acknowledged) + 1

        def arrived() -> bool:
            return set(self.received).issuperset(self.acknowledged[: first + 2]) and len(self.acknowledged) > first + 2

        wait.until(arrived, what="messages that arrive", seconds=seconds)

    def assert_nothing_lost(self) -> None:
        """Stop sending, and wait until all that was acknowledged has arrived, each message once."""
        self._hushed.set()
        self._threads[0].join()
        wait.until(
            lambda: set(self.received) >= set(self.acknowledged),
            what=f"each of {len(self.acknowledged)} acknowledged messages arriving",
        )
        assert sorted(self.received) == sorted(set(self.received)), "a message was stored twice"

    def _try(self, account: Account, method: str, path: str, body: Any = None) -> Any:
        """Return the answer, or nothing after a pause."""
        try:
            return self._ask(account, method, path, body)
        except (OSError, ValueError) as problem:
            self.failures.append(f"{time.strftime('%H:%M:%S')} {method} {problem!r}")
            self._over.wait(RETRY_SECONDS)
            return None

    def _send(self) -> None:
        for number in itertools.count():
            # The same number in each attempt: what was stored before its answer was lost is not stored again.
            path = f"{CLIENT}/rooms/{quote(self._room)}/send/m.room.message/{number}"
            text = f"message {number}"
            while not self._try(self._sender, "PUT", path, {"msgtype": "m.text", "body": text}):
                if self._over.is_set():
                    return
            self.acknowledged.append(text)
            if self._hushed.wait(PAUSE_SECONDS):
                return

    def _receive(self) -> None:
        since = ""
        while not self._over.is_set():
            path = f"{CLIENT}/sync?timeout={SYNC_MS if since else 0}&filter={quote(TIMELINE)}&since={since}"
            answer = self._try(self._receiver, "GET", path.removesuffix("&since="))
            if not answer:
                continue
            since = answer["next_batch"]
            joined = answer.get("rooms", {}).get("join", {}).get(self._room, {})
            events = joined.get("timeline", {}).get("events", [])
            self.received += [event["content"]["body"] for event in events if event["type"] == "m.room.message"]

    def __enter__(self) -> Prober:
        for thread in self._threads:
            thread.start()
        self.assert_talk()
        return self

    def __exit__(self, *_: object) -> None:
        self._hushed.set()
        self._over.set()
        for thread in self._threads:
            thread.join()
