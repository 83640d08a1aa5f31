"""Talks to members of Redis and their Sentinels from outside, as their clients would."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from testinfra.host import Host

from . import wait

USERS = {"default": "redis_password", "haproxy": "redis_probe_password", "sentinel": "redis_sentinel_password"}
REDIS, SENTINEL = 6379, 26379


class Session:
    """One connection; it says commands and returns answers as they come."""

    def __init__(self, address: str, port: int, authority: str | None) -> None:
        """Connect over verified TLS, in plain without an authority."""
        self._socket = socket.create_connection((address, port), timeout=10)
        if authority:
            trust = ssl.create_default_context(cadata=authority)
            self._socket = trust.wrap_socket(self._socket, server_hostname="redis.privatechat.internal")

    def say(self, command: str) -> str:
        """Return what is answered to a command, or what comes next without one."""
        if command:
            self._socket.sendall(f"{command}\r\n".encode())
        return self._socket.recv(65536).decode()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


@dataclass(frozen=True)
class Member:
    """One member with its Sentinel."""

    name: str
    host: Host

    def variable(self, name: str) -> str:
        """Return a variable of the inventory."""
        return str(self.host.ansible.get_variables()[name])

    @cached_property
    def authority(self) -> str:
        """Return the certificate authority that the member knows."""
        return str(self.host.file("/etc/privatechat/tls/ca.pem").content_string)

    def connect(self, user: str = "", port: int = REDIS, *, tls: bool = True) -> Session:
        """Return a session, logged in as a user if one is named."""
        session = Session(self.variable("ansible_host"), port, self.authority if tls else None)
        if user:
            answer = session.say(f"AUTH {user} {self.variable(f'platform_secret_{USERS[user]}')}")
            assert answer == "+OK\r\n", answer
        return session

    def ask(self, command: str, user: str = "default", port: int = REDIS) -> str:
        """Return the answer to one command in a session of its own."""
        session = self.connect(user, port)
        try:
            return session.say(command)
        finally:
            session.close()

    def allowed(self, commands: Iterable[str], user: str, port: int = REDIS) -> dict[str, str]:
        """Return those commands that the user is not refused, with their answers."""
        session = self.connect(user, port)
        answers = {command: session.say(command) for command in commands}
        session.close()
        refusals = ("-NOPERM", "-ERR unknown command") if user else ("-NOAUTH",)
        return {command: answer for command, answer in answers.items() if not answer.startswith(refusals)}

    def info(self) -> dict[str, str]:
        """Return what the member tells of its part in replication."""
        lines = self.ask("INFO replication", "haproxy").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def has(self, key: str, value: str) -> bool:
        """Tell whether the member has the key with this value."""
        return self.ask(f"GET {key}") == f"${len(value)}\r\n{value}\r\n"

    def process(self, unit: str = "redis-server.service") -> str:
        """Return the number of the unit's main process."""
        return str(self.host.check_output("systemctl show --property=MainPID --value %s", unit))


class Members:
    """All members."""

    def __init__(self, hosts: dict[str, Host]) -> None:
        """Keep the members by name."""
        self.by_name = {name: Member(name, host) for name, host in sorted(hosts.items())}

    def __iter__(self) -> Any:
        """Return the members in the order of their names."""
        return iter(self.by_name.values())

    def primary(self, *, without: str = "", seconds: float = 120) -> Member:
        """Wait until there is one primary, all others follow it and all Sentinels name it; return it."""
        present = [member for member in self if member.name != without]

        def settled() -> Member | None:
            told = {member.name: member.info() for member in present}
            (primary,) = [member for member in present if told[member.name]["role"] == "master"]
            address = primary.variable("ansible_host")
            replicas = [told[member.name] for member in present if member is not primary]
            named = [member.ask("SENTINEL GET-MASTER-ADDR-BY-NAME cache", "haproxy", SENTINEL) for member in present]
            steady = all((r["master_host"], r["master_link_status"]) == (address, "up") for r in replicas)
            return primary if steady and all(f"\r\n{address}\r\n" in answer for answer in named) else None

        found = wait.until(settled, what="one primary that all follow and every Sentinel names", seconds=seconds)
        assert found
        return found

    def keep(self, key: str, value: str, *, without: str = "") -> None:
        """Write a value to the primary and wait until every member has it."""
        assert self.primary(without=without).ask(f"SET {key} {value} PX 600000") == "+OK\r\n"
        present = [member for member in self if member.name != without]
        wait.until(lambda: all(member.has(key, value) for member in present), what=f"{key} being on every member")
