"""The administrator of the server, what the server knows, and the playbook that changes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from testinfra.host import Host
from testkit import nodes
from testkit.chat import CLIENT, Chat
from testkit.playbook import Run, play

ADMIN = "/_synapse/admin"
# The person whose limit is declared, and the administrator, whose limit is lifted while rooms change.
LIMITED = ("alice", "admin")
PORT = 8080


@pytest.fixture(scope="session")
def inventory(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("ansible_inventory"))


@pytest.fixture(scope="session")
def chat_host(pytestconfig: pytest.Config) -> Host:
    return nodes.of(pytestconfig, "chat")[0]


@pytest.fixture(scope="session")
def main(topology: dict[str, Any]) -> dict[str, Any]:
    """Return where the main process answers, which is on the first chat host."""
    return {"address": topology["tiers"]["chat"]["members"][0]["address"], "port": PORT}


@pytest.fixture(scope="session")
def admin(chat_host: Host, main: dict[str, Any]) -> Chat:
    chat = Chat(chat_host, main)
    assert chat.log_in("admin", chat.secrets["platform_secret_admin_password"]) == 200
    return chat


@pytest.fixture
def stranger(chat_host: Host, main: dict[str, Any]) -> Chat:
    """Return somebody who is not logged in."""
    return Chat(chat_host, main)


@pytest.fixture
def person(chat_host: Host, main: dict[str, Any]) -> Callable[[str], Chat]:
    """Return a function that logs somebody in."""

    def log_in(name: str) -> Chat:
        chat = Chat(chat_host, main)
        assert chat.log_in(name, f"{name}s-password") == 200
        return chat

    return log_in


@pytest.fixture(scope="session")
def room_id(admin: Chat) -> Callable[[str], str]:
    """Return a function that tells the id behind an alias."""

    def of(alias: str) -> str:
        status, answer = admin.ask("GET", f"{CLIENT}/directory/room/{quote(f'#{alias}:{admin.domain}')}")
        assert status == 200, answer
        return str(answer["room_id"])

    return of


@pytest.fixture
def known(admin: Chat) -> Callable[[], dict[str, Any]]:
    """Return a function that tells what the server knows of accounts, rooms and tokens."""

    def ask(path: str) -> Any:
        status, answer = admin.ask("GET", f"{ADMIN}{path}")
        assert status == 200, answer
        return answer

    def state(room: str) -> list[dict[str, Any]]:
        """Return the state of a room without what only says how old it is."""
        events = ask(f"/v1/rooms/{quote(room)}/state")["state"]
        return [{name: value for name, value in event.items() if name not in ("age", "unsigned")} for event in events]

    def everything() -> dict[str, Any]:
        users = ask("/v3/users?locked=true&limit=1000")["users"]
        rooms = ask("/v1/rooms?limit=1000")["rooms"]
        return {
            "users": {user["name"]: {**user, "last_seen_ts": 0} for user in users},
            "threepids": ask(f"/v2/users/{quote(f'@alice:{admin.domain}')}")["threepids"],
            "limits": {
                user: ask(f"/v1/users/{quote(f'@{user}:{admin.domain}')}/override_ratelimit") for user in LIMITED
            },
            "rooms": {room["room_id"]: state(room["room_id"]) for room in rooms},
            "listed": rooms,
            "tokens": ask("/v1/registration_tokens"),
        }

    return everything


@pytest.fixture
def keep(inventory: str, tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs the playbook with other variables than the inventory's."""

    def run(*arguments: str, **variables: Any) -> Run:
        extra = tmp_path / "extra.json"
        extra.write_text(json.dumps(variables))
        return play("users", inventory, "--diff", *arguments, "--extra-vars", f"@{extra}")

    return run


@pytest.fixture(scope="session")
def declared(chat_host: Host) -> dict[str, Any]:
    """Return what the inventory declares."""
    variables: dict[str, Any] = chat_host.ansible.get_variables()
    return {name: value for name, value in variables.items() if name.startswith("platform_")}
