"""Answers in this process like Synapse's interfaces for accounts, rooms and tokens; what it knows is in memory.

Fields and rules are those of Synapse 1.163.2: synapse/rest/admin/users.py, rooms.py and registration_tokens.py, and
synapse/rest/client/login.py, room.py and directory.py.
"""

from __future__ import annotations

import copy
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, Any]
Answers = list[tuple[str, dict[str, Any]]]
DOMAIN = "example.com"
ADMIN, PASSWORD = f"@admin:{DOMAIN}", "admin-password"
LISTED = ("name", "admin", "locked", "deactivated", "erased", "is_guest", "displayname", "avatar_url", "creation_ts")
# What a server may answer instead, by name: status, headers and body; None is none at all.
INSTEAD: dict[str, dict[str, Any]] = {
    "401": {"status": 401, "body": {"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token passed."}},
    "403": {"status": 403, "body": {"errcode": "M_FORBIDDEN", "error": "You are not a server admin"}},
    "404": {"status": 404, "body": {"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}},
    "429": {"status": 429, "body": {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 10}},
    "429 by header": {"status": 429, "headers": {"Retry-After": "0"}, "text": "slow down"},
    "429 for long": {"status": 429, "body": {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 99000}},
    "500": {"status": 500, "body": {"errcode": "M_UNKNOWN", "error": "Internal server error"}},
    "not JSON": {"status": 200, "text": "<html>Bad Gateway</html>"},
    "another JSON": {"status": 200, "body": {"something": "else"}},
    "cut off": {"status": 200, "text": '{"users": [{"na', "headers": {"Content-Length": "5000"}},
    "silent": {"silent": True},
}
FAILURES = {
    "401": "answered 401: .*M_UNKNOWN_TOKEN",
    "403": "answered 403: .*not a server admin",
    "404": "answered 404: .*Unrecognized",
    "429 for long": "answered 429",
    "500": "answered 500: .*Internal server error",
    "not JSON": "answered 200 but no JSON: <html>Bad Gateway",
    "another JSON": "answered without what was asked for: KeyError",
    "cut off": "got no answer: IncompleteRead",
    "silent": "got no answer: timed out",
}


def account(name: str, **more: Any) -> dict[str, Any]:
    """Return an account that has just been made."""
    user = f"@{name}:{DOMAIN}"
    texts = {"name": user, "displayname": name, "avatar_url": None, "password": None, "creation_ts": 1}
    flags = dict.fromkeys(("admin", "locked", "deactivated", "erased", "is_guest"), False)
    return {**texts, **flags, "threepids": [], "limit": {}, **more}


class FakeSynapse:
    """The server's memory, and what it was asked."""

    routes: dict[str, Any]

    def __init__(self) -> None:
        self.users = {ADMIN: account("admin", admin=True, password=PASSWORD)}
        self.rooms: dict[str, dict[str, Any]] = {}
        self.aliases: dict[str, str] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, str] = {}
        self.calls: list[str] = []
        # Pattern of `METHOD path` -> names of INSTEAD; each is given once, save the last one.
        self.instead: dict[str, list[str]] = {}
        self.busy = self.most_busy = 0
        self.seconds = 0.0
        self.lock = threading.Lock()

    def add(self, *names: str, **more: Any) -> None:
        """Make accounts."""
        self.users |= {f"@{name}:{DOMAIN}": account(name, **more) for name in names}

    def memory(self) -> Any:
        """Return a copy of all that outlasts a session."""
        return copy.deepcopy((self.users, self.rooms, self.aliases, self.tokens))

    def writes(self) -> list[str]:
        """Return what it was asked besides reading, without logging in and out."""
        return [call for call in self.calls if not re.match("GET|POST .*/log(in|out)$", call)]

    def replacement(self, call: str) -> dict[str, Any] | None:
        """Return what is answered instead, if anything is."""
        names: list[str] = next((found for pattern, found in self.instead.items() if re.search(pattern, call)), [])
        name = names.pop(0) if len(names) > 1 else "".join(names)
        return INSTEAD[name] if name else None

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, token: str) -> Answer:
        """Return status and answer of a request."""
        own = f"{method} {path}"
        if own == "POST /_matrix/client/v3/login":
            return self.log_in(body)
        me = self.sessions.get(token)
        if me is None:
            return 401, INSTEAD["401"]["body"]
        for pattern, handler in self.routes.items():
            if found := re.fullmatch(pattern, own):
                arguments = [unquote(part) for part in found.groups()]
                with self.lock:
                    return handler(self, me, query, body, *arguments)
        return 404, INSTEAD["404"]["body"]

    def log_in(self, body: Any) -> Answer:
        name = body["identifier"]["user"]
        user = self.users.get(name if name.startswith("@") else f"@{name}:{DOMAIN}")
        if not user or user["deactivated"] or user["password"] != body["password"]:
            return 403, {"errcode": "M_FORBIDDEN", "error": "Invalid username or password"}
        if user["locked"]:
            return 401, {"errcode": "M_USER_LOCKED", "error": "This account has been locked"}
        token = f"token-{len(self.calls)}-{user['name']}"
        self.sessions[token] = user["name"]
        return 200, {"user_id": user["name"], "access_token": token}

    def log_out(self, me: str, *_: Any) -> Answer:
        self.sessions = {token: user for token, user in self.sessions.items() if user != me}
        return 200, {}

    def who(self, me: str, *_: Any) -> Answer:
        return 200, {"user_id": me}

    def list_users(self, _me: str, query: dict[str, str], _body: Any) -> Answer:
        assert query["locked"] == "true", "locked accounts are left out otherwise"
        rows = [{key: user[key] for key in LISTED} for user in self.users.values()]
        start, limit = int(query["from"]), int(query["limit"])
        following = {"next_token": str(start + limit)} if start + limit < len(rows) else {}
        return 200, {"users": rows[start : start + limit], "total": len(rows), **following}

    def get_user(self, _me: str, _query: Any, _body: Any, user: str) -> Answer:
        return 200, self.users[user]

    def put_user(self, me: str, _query: Any, body: dict[str, Any], user: str) -> Answer:
        new = user not in self.users
        # Locking and putting into use again are for accounts that are there.
        ignored = ("locked", "deactivated") if new else ()
        known = self.users.setdefault(user, account(user[1:].partition(":")[0], creation_ts=len(self.calls)))
        assert not (user == me and body.get("admin") is False)
        known |= {name: value for name, value in body.items() if name not in ignored}
        # Only a profile that is changed loses its spaces (synapse/handlers/profile.py, set_displayname).
        known["displayname"] = known["displayname"] if new else (known["displayname"] or "").strip()
        known["erased"] = known["erased"] and known["deactivated"]
        return 201 if new else 200, known

    def deactivate(self, _me: str, _query: Any, body: dict[str, Any], user: str) -> Answer:
        known = self.users[user]
        known |= {"deactivated": True, "password": None, "threepids": [], "erased": body["erase"] or known["erased"]}
        if body["erase"]:
            known |= {"displayname": None, "avatar_url": None}
        return 200, {"id_server_unbind_result": "success"}

    def get_limit(self, _me: str, _query: Any, _body: Any, user: str) -> Answer:
        return 200, self.users[user]["limit"]

    def set_limit(self, _me: str, _query: Any, body: Any, user: str) -> Answer:
        self.users[user]["limit"] = body or {}
        return 200, self.users[user]["limit"]

    def list_tokens(self, *_: Any) -> Answer:
        rows = [{"token": token, "pending": 0, "completed": 1, **state} for token, state in self.tokens.items()]
        return 200, {"registration_tokens": rows}

    def set_token(self, _me: str, _query: Any, body: dict[str, Any], token: str = "") -> Answer:
        if (body["expiry_time"] or time.time() * 1000) < time.time() * 1000 - 1000:
            return 400, {"errcode": "M_INVALID_PARAM", "error": "expiry_time must not be in the past"}
        self.tokens[token or body.pop("token")] = body
        return 200, {}

    def delete_token(self, _me: str, _query: Any, _body: Any, token: str) -> Answer:
        del self.tokens[token]
        return 200, {}


CLIENT, ADMIN_V1 = "/_matrix/client/v3", "/_synapse/admin/v1"
FakeSynapse.routes = {
    f"POST {CLIENT}/logout": FakeSynapse.log_out,
    f"GET {CLIENT}/account/whoami": FakeSynapse.who,
    "GET /_synapse/admin/v3/users": FakeSynapse.list_users,
    "GET /_synapse/admin/v2/users/([^/]+)": FakeSynapse.get_user,
    "PUT /_synapse/admin/v2/users/([^/]+)": FakeSynapse.put_user,
    f"POST {ADMIN_V1}/deactivate/([^/]+)": FakeSynapse.deactivate,
    f"GET {ADMIN_V1}/users/([^/]+)/override_ratelimit": FakeSynapse.get_limit,
    f"(?:POST|DELETE) {ADMIN_V1}/users/([^/]+)/override_ratelimit": FakeSynapse.set_limit,
    f"GET {ADMIN_V1}/registration_tokens": FakeSynapse.list_tokens,
    f"POST {ADMIN_V1}/registration_tokens/new": FakeSynapse.set_token,
    f"PUT {ADMIN_V1}/registration_tokens/([^/]+)": FakeSynapse.set_token,
    f"DELETE {ADMIN_V1}/registration_tokens/([^/]+)": FakeSynapse.delete_token,
}


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the fake."""

    fake: FakeSynapse

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_one(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        call = f"{self.command} {unquote(parts.path)}"
        with self.fake.lock:
            self.fake.calls.append(call)
            self.fake.busy += 1
            self.fake.most_busy = max(self.fake.busy, self.fake.most_busy)
        time.sleep(self.fake.seconds)
        instead = self.fake.replacement(call)
        if instead is None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, body = self.fake.answer(self.command, parts.path, query, json.loads(text or b"{}"), token)
            instead = {"status": status, "body": body}
        with self.fake.lock:
            self.fake.busy -= 1
        if instead.get("silent"):
            time.sleep(1.5)
            return
        self.send_response(instead["status"])
        for name, value in instead.get("headers", {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write((instead.get("text") or json.dumps(instead["body"])).encode())

    def do_GET(self) -> None:
        self.handle_one()

    def do_PUT(self) -> None:
        self.handle_one()

    def do_PATCH(self) -> None:
        self.handle_one()

    def do_POST(self) -> None:
        self.handle_one()

    def do_DELETE(self) -> None:
        self.handle_one()


@contextmanager
def serving(fake: FakeSynapse) -> Iterator[str]:
    """Serve it on a port of this machine and yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"fake": fake}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
