# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one client of the chat server: who asks, how patiently, how many at once, and lists page by page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

CLIENT_API = "/_matrix/client/v3"
ADMIN_API = "/_synapse/admin"
NOT_FOUND, TOO_MANY_REQUESTS = 404, 429
PAGE = 1000
# A server that refuses this many requests of one kind refuses all of them.
MOST_FAILURES = 5
DEVICE = "privatechat.platform"
# What using an answer raises that has not the documented shape.
MALFORMED = (KeyError, TypeError, AttributeError)
Item = TypeVar("Item")
Result = TypeVar("Result")

CONNECTION = {
    "url": {"type": "str", "required": True},
    "ca_file": {"type": "path"},
    "ca_pem": {"type": "str"},
    "connect_address": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "timeout": {"type": "int", "default": 60},
    "concurrency": {"type": "int", "default": 4},
}
# What AnsibleModule is to know of these options together.
CONNECTION_RULES: dict[str, Any] = {
    "mutually_exclusive": [("ca_file", "ca_pem"), ("username", "access_token")],
    "required_one_of": [("username", "access_token")],
    "required_together": [("username", "password")],
}


def segment(name: str) -> str:
    """Return a name as one part of a path, whatever characters it has."""
    return quote(name, safe="")


def wait_of(problem: ApiError) -> float:
    """Return the seconds after which a server that was asked too often wants to be asked again."""
    told = problem.body.get("retry_after_ms") if isinstance(problem.body, dict) else None
    try:
        return float(problem.retry_after or 1) if told is None else float(told) / 1000
    except (TypeError, ValueError):
        return 1.0


class Synapse:
    """Requests to one chat server, as one person once there is a token."""

    def __init__(self, client: JsonClient, *, patience: float = 60, concurrency: int = 4) -> None:
        """Wait up to `patience` seconds for a request that the server wants later."""
        self.client, self.patience, self.concurrency = client, patience, max(1, concurrency)
        self.headers: dict[str, str] = {}
        self.user_id = ""

    def call(self, method: str, path: str, data: Any = None, raw: bool = False) -> Any:
        """Send a request; one that the server wants later is repeated when it said, as long as there is time."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self.client.request(method, path, data, self.headers, raw)
            except ApiError as exc:
                wait = wait_of(exc)
                if exc.status != TOO_MANY_REQUESTS or time.monotonic() + wait > deadline:
                    raise
                time.sleep(wait)

    def log_in(self, user: str, password: str, device_name: str = DEVICE) -> None:
        """Become this user for all requests that follow."""
        credentials = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "initial_device_display_name": device_name,
        }
        answer = self.call("POST", f"{CLIENT_API}/login", credentials)
        self.user_id = str(answer["user_id"])
        self.headers = {"Authorization": f"Bearer {answer['access_token']}"}

    def log_out(self) -> None:
        """Remove the token with its device."""
        self.call("POST", f"{CLIENT_API}/logout", {})
        self.headers = {}

    def find(self, path: str) -> Any:
        """Return what is at a path, None when there is nothing."""
        try:
            return self.call("GET", path)
        except ApiError as exc:
            if exc.status == NOT_FOUND:
                return None
            raise

    def pages(self, path: str, key: str, following: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield each entry of a list; `following` names the field that says where the next page begins."""
        start: Any = 0
        while start is not None:
            answer = self.call("GET", f"{path}?{urlencode({**query, 'from': start, 'limit': PAGE})}")
            yield from answer[key]
            start = answer.get(following) if answer[key] else None

    def each(self, work: Callable[[Item], Result], items: Iterable[Item], *, at_once: int = 0) -> list[Result | None]:
        """Do the work for each item, several at once; raise one ApiError that names every failure, at the end."""
        failures: list[str] = []

        def attempt(item: Item) -> Result | None:
            if len(failures) >= MOST_FAILURES:
                return None
            try:
                return work(item)
            except ApiError as exc:
                failures.append(str(exc))
                return None

        with ThreadPoolExecutor(at_once or self.concurrency) as pool:
            results = list(pool.map(attempt, items))
        if failures:
            more = " The rest was not tried." if len(failures) >= MOST_FAILURES else ""
            raise ApiError("; ".join(failures[:MOST_FAILURES]) + more)
        return results


def leave(server: Synapse, params: dict[str, Any]) -> None:
    """Log out, unless the token is the operator's own."""
    if not params["access_token"]:
        server.log_out()


@contextmanager
def session(params: dict[str, Any]) -> Iterator[Synapse]:
    """Yield a client that acts as the administrator that a module's options name; its token is gone afterwards."""
    names = ("ca_file", "ca_pem", "connect_address", "timeout")
    client = JsonClient(params["url"], **{name: params[name] for name in names})
    server = Synapse(client, patience=params["timeout"], concurrency=params["concurrency"])
    try:
        if params["access_token"]:
            server.headers = {"Authorization": f"Bearer {params['access_token']}"}
            server.user_id = str(server.call("GET", f"{CLIENT_API}/account/whoami")["user_id"])
        else:
            server.log_in(params["username"], params["password"])
        try:
            yield server
        except (ApiError, *MALFORMED):
            # What went wrong first is what has to be told.
            with suppress(ApiError):
                leave(server, params)
            raise
        leave(server, params)
    except MALFORMED as exc:
        raise ApiError(f"{params['url']} answered without what was asked for: {exc!r}") from exc
