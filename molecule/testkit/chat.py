"""A chat client that runs on a node and speaks to one process of the server there or elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from testinfra.host import Host

from testkit import wait

REQUEST = """
import json, sys, urllib.error, urllib.request as u
method, url, token, body = sys.argv[1:]
headers = {'Content-Type': 'application/json', **({'Authorization': 'Bearer ' + token} if token else {})}
try:
    answer = u.urlopen(u.Request(url, body.encode() or None, headers, method=method), timeout=30)
except u.HTTPError as problem:
    answer = problem
text = answer.read()
try:
    body = json.loads(text or b'{}')
except ValueError:
    body = text.decode(errors='replace')
print(json.dumps({'status': answer.status, 'body': body}))
"""
CLIENT = "/_matrix/client/v3"


class Chat:
    """Requests from a node to one process, as one person once somebody has logged in."""

    def __init__(self, host: Host, process: dict[str, Any], port: str = "port") -> None:
        variables = host.ansible.get_variables()
        self.host, self.url = host, f"http://{process['address']}:{process[port]}"
        self.domain = variables["platform_chat_domain"]
        self.secrets = {name: text for name, text in variables.items() if name.startswith("platform_secret_")}
        self.token = ""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and answer of a request."""
        text = "" if body is None else json.dumps(body)
        done = self.host.run("python3 -c %s %s %s %s %s", REQUEST, method, self.url + path, self.token, text)
        assert done.succeeded, done.stderr
        answer = json.loads(done.stdout)
        return answer["status"], answer["body"]

    def log_in(self, name: str, password: str) -> int:
        """Log in and keep the token; return the status."""
        user = {"type": "m.id.user", "user": name}
        status, answer = self.ask(
            "POST", f"{CLIENT}/login", {"type": "m.login.password", "identifier": user, "password": password}
        )
        self.token = answer.get("access_token", "")
        return status

    def log_in_as(self, who: str) -> Chat:
        """Log in as one of the two who verify, alice or bob."""
        assert self.log_in(f"verify-{who}", self.secrets[f"platform_secret_verify_{who}_password"]) == 200
        return self

    def at(self, process: dict[str, Any]) -> Chat:
        """Return the same person as a client of another process."""
        other = Chat(self.host, process)
        other.token = self.token
        return other

    def sync(self, since: str = "", seconds: int = 0) -> dict[str, Any]:
        """Return what is new, waiting for it if asked to."""
        query = f"timeout={seconds * 1000}" + (f"&since={since}" if since else "")
        status, answer = self.ask("GET", f"{CLIENT}/sync?{query}")
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found

    def wait_for(self, since: str, brings: Callable[[dict[str, Any]], bool], *, what: str, seconds: float = 60) -> None:
        """Sync on from there until a sync brings what is looked for."""
        token = since

        def probe() -> bool:
            # The same question is answered from a cache for two minutes, so each begins where the last one ended.
            nonlocal token
            synced = self.sync(token)
            token = synced["next_batch"]
            return brings(synced)

        wait.until(probe, what=what, seconds=seconds)

    def send(self, room: str, text: str) -> int:
        """Send a message; return the status."""
        path = f"{CLIENT}/rooms/{room}/send/m.room.message/{abs(hash(text))}"
        return self.ask("PUT", path, {"msgtype": "m.text", "body": text})[0]
