"""Sends a message from one person to another as their clients would, and tells how long it took to arrive."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

API = "/_matrix/client/v3"
NOTHING = {"not_types": ["*"]}
TIMEOUT_SECONDS, PAUSE_SECONDS = 10, 1
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY_REQUESTS, SERVER_ERROR = 401, 403, 404, 429, 500
# A server that clears old messages away (retention) need not keep these for long.
KEEP_MS = 7 * 24 * 3600 * 1000


class Refused(Exception):
    """An answer that asking again will not change, or none in time; the words hold no secret."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words)
        self.status = status


class Server:
    """The public address of the chat service."""

    def __init__(self, url: str, address: str = "", ca_file: str = "") -> None:
        parts = urlsplit(url)
        self.tls, self.host, self.port = parts.scheme == "https", parts.hostname or "", parts.port
        self.address, self.ca_file = address or self.host, ca_file

    def connection(self, timeout: float) -> http.client.HTTPConnection:
        """Return a new connection; TLS is verified against the name, whatever the address."""
        if not self.tls:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        else:
            # Read anew each time, since authorities are renewed.
            trust = ssl.create_default_context(cafile=self.ca_file or None)
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=trust)
        # http.client opens its socket through this attribute.
        connection._create_connection = lambda target, timeout, _source: socket.create_connection(  # type: ignore[attr-defined]
            (self.address, target[1]), timeout
        )
        return connection

    def ask(self, method: str, path: str, data: Any, token: str, timeout: float) -> tuple[int, Any]:
        """Return status and answer of one request; raise OSError or HTTPException when there is none."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        connection = self.connection(timeout)
        try:
            connection.request(method, path, None if data is None else json.dumps(data), headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text or b"{}")
        except ValueError:
            return answer.status, {}


class Person:
    """One user with a device of its own; the token stays in memory."""

    def __init__(self, server: Server, name: str, password: str, device: str) -> None:
        self.server, self.name, self.password, self.device = server, name, password, device
        self.user_id = self.token = self.since = ""
        self.deadline = 0.0

    def call(self, method: str, path: str, data: Any = None, *, wait: float = 0) -> Any:
        """Return the answer; ask until the deadline, and log in anew once when the token is not known any more."""
        renewed = False
        while True:
            if not self.token:
                self.log_in()
                renewed = True
            try:
                return self.persist(method, path, data, self.token, wait)
            except Refused as exc:
                if exc.status != UNAUTHORIZED or renewed:
                    raise
                self.token = ""

    def log_in(self) -> None:
        """Get a token; the device's earlier one is void then."""
        answer = self.persist(
            "POST",
            f"{API}/login",
            {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self.name},
                "password": self.password,
                "device_id": self.device,
                "initial_device_display_name": "privatechat probe",
            },
        )
        self.user_id, self.token = str(answer["user_id"]), str(answer["access_token"])

    def persist(self, method: str, path: str, data: Any = None, token: str = "", wait: float = 0) -> Any:
        """Return the answer; as clients do, take up a request that failed for want of a server until the deadline."""
        what = f"{method} {path.partition('?')[0]}"
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise Refused(f"{what}: no time left")
            pause: float = PAUSE_SECONDS
            try:
                status, body = self.server.ask(method, path, data, token, min(left, TIMEOUT_SECONDS + wait))
            except (OSError, http.client.HTTPException) as exc:
                refusal = Refused(f"{what}: no answer ({str(exc) or type(exc).__name__})")
            else:
                if status < http.client.MULTIPLE_CHOICES:
                    return body
                words = body.get("errcode", "") if isinstance(body, dict) else ""
                refusal = Refused(f"{what}: answered {status} {words}".strip(), status)
                if status == TOO_MANY_REQUESTS:
                    pause = float(body.get("retry_after_ms") or 1000 * PAUSE_SECONDS) / 1000
                elif status < SERVER_ERROR:
                    raise refusal
            if time.monotonic() + pause >= self.deadline:
                raise refusal
            time.sleep(pause)

    def sync(self, room: str, wait: float = 0) -> list[Any]:
        """Return what is new in the room since the last time, waiting for it if asked to."""
        rooms = {"rooms": [room], "ephemeral": NOTHING, "account_data": NOTHING, "timeline": {"limit": 20}}
        query = {
            "filter": json.dumps({"room": rooms, "presence": NOTHING, "account_data": NOTHING}),
            "set_presence": "offline",
            "timeout": int(wait * 1000),
            **({"since": self.since} if self.since else {}),
        }
        answer = self.call("GET", f"{API}/sync?{urlencode(query)}", wait=wait)
        self.since = str(answer["next_batch"])
        joined = answer.get("rooms", {}).get("join", {}).get(room, {})
        found: list[Any] = joined.get("timeline", {}).get("events", [])
        return found

    def hear(self, room: str, text: str) -> None:
        """Return when a sync delivers the text."""
        # An answer that the server gives at the end of its wait has a second to come back.
        while (left := self.deadline - time.monotonic() - PAUSE_SECONDS) > 0:
            events = self.sync(room, wait=min(left, TIMEOUT_SECONDS))
            if any(event.get("content", {}).get("body") == text for event in events):
                return
        raise Refused("the message was accepted, and no sync delivered it in time")


class Probe:
    """Two persons who meet in one room of this host's own."""

    def __init__(self, server: Server, host: str, sender: tuple[str, str], receiver: tuple[str, str]) -> None:
        device = f"probe-{host}"
        self.sender, self.receiver = Person(server, *sender, device), Person(server, *receiver, device)
        self.memory = f"privatechat.probe.{host}"
        self.room = ""

    def run(self, patience: float) -> float:
        """Return the seconds that a message took from sending to delivery; raise Refused when it did not arrive."""
        deadline = time.monotonic() + patience
        self.sender.deadline = self.receiver.deadline = deadline
        try:
            self.room = self.room or self.meet()
            return self.exchange()
        except (KeyError, TypeError, AttributeError) as exc:
            self.forget()
            raise Refused(f"an answer lacks what was asked for: {exc!r}") from exc
        except Refused:
            self.forget()
            raise

    def forget(self) -> None:
        """Begin anew the next time, should the room or the place in the stream be gone; tokens stay."""
        self.room = self.receiver.since = ""

    def meet(self) -> str:
        """Return the room that both are in, made when the remembered one is gone or not theirs any more."""
        if not self.sender.token:
            self.sender.log_in()
        memory = f"{API}/user/{quote(self.sender.user_id)}/account_data/{self.memory}"
        both = (self.sender, self.receiver)
        try:
            room = str(self.sender.call("GET", memory)["room_id"])
            for person in both:
                person.call("POST", f"{API}/join/{quote(room)}", {})
            return room
        except (Refused, KeyError) as exc:
            if isinstance(exc, Refused) and exc.status not in (FORBIDDEN, NOT_FOUND):
                raise
        if not self.receiver.token:
            self.receiver.log_in()
        wanted = {
            "preset": "private_chat",
            "name": "Probe of the platform",
            "invite": [self.receiver.user_id],
            "initial_state": [{"type": "m.room.retention", "state_key": "", "content": {"max_lifetime": KEEP_MS}}],
        }
        room = str(self.sender.call("POST", f"{API}/createRoom", wanted)["room_id"])
        self.receiver.call("POST", f"{API}/join/{quote(room)}", {})
        self.sender.call("PUT", memory, {"room_id": room})
        return room

    def exchange(self) -> float:
        """Send while the receiver's sync waits, and return the seconds until that delivers."""
        text = f"probe {uuid.uuid4()}"
        path = f"{API}/rooms/{quote(self.room)}/send/m.room.message/{uuid.uuid4()}"
        self.receiver.sync(self.room)
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            delivery = pool.submit(self.receiver.hear, self.room, text)
            try:
                # The same number each time: a server that took the message without saying so takes it once.
                self.sender.call("PUT", path, {"msgtype": "m.text", "body": text})
            except Refused:
                # There is nothing to wait for.
                self.receiver.deadline = 0
                raise
            delivery.result()
        return time.monotonic() - began
