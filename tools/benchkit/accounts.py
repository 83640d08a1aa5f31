"""Runs on a chat host: makes accounts whose messages no rate limit slows down.

The limits themselves stay as the platform sets them; Synapse's administration API lifts them for these people alone.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from typing import Any
from urllib.parse import quote

OK = 200
Call = dict[str, Any]


def ask(call: Call, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """Return what the main process answers; its refusal ends the program."""
    connection = http.client.HTTPConnection(call["address"], call["port"], timeout=60)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != OK:
        raise SystemExit(f"{method} {path} was answered {answer.status}: {said!r}")
    return json.loads(said)


def register(call: Call, name: str, *, admin: bool = False) -> dict[str, Any]:
    """Make one account with the shared secret (Synapse's admin API, "Register users") and log it in."""
    path = "/_synapse/admin/v1/register"
    nonce, kind = ask(call, "GET", path)["nonce"], "admin" if admin else "notadmin"
    words = b"\0".join(word.encode() for word in (nonce, name, call["password"], kind))
    mac = hmac.new(call["secret"].encode(), words, hashlib.sha1).hexdigest()
    wanted = {"nonce": nonce, "username": name, "password": call["password"], "admin": admin, "mac": mac}
    made: dict[str, Any] = ask(call, "POST", path, wanted)
    return made


def main(call: Call) -> list[tuple[str, str]]:
    """Return id and token of each account; the call has address, port, secret, password, administrator and names."""
    administrator = register(call, call["administrator"], admin=True)
    people = [register(call, name) for name in call["names"]]
    for person in people:
        # Zero means that no limit holds.
        limit = f"/_synapse/admin/v1/users/{quote(person['user_id'])}/override_ratelimit"
        ask(call, "POST", limit, {"messages_per_second": 0, "burst_count": 0}, administrator["access_token"])
    return [(person["user_id"], person["access_token"]) for person in people]
