"""One machine that becomes many: inventories of each size, and people who talk before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import yaml
from benchkit.chat import MAIN_PORT, Platform
from benchkit.load import Person
from benchkit.runs import Nodes

from ansible_collections.privatechat.platform.plugins.module_utils._http import JsonClient

ROOT = Path(__file__).parents[2]
NUMBER = 13
API = "/_matrix/client/v3"
DATA = ("etcd", "postgresql", "redis", "rabbitmq")
# Machines only come: whoever is in a group stays in it. Eight are the lab, and the first ones keep all they do.
SHAPES = {
    "one": {"edge": [1], "chat": [1], "data": [1]},
    "three": {"edge": [1, 2], "chat": [1, 2], "data": [1, 2, 3]},
    "eight": {"edge": [1, 2, 6, 7], "chat": [1, 2, 4, 5], "data": [1, 2, 3], "monitoring": [8]},
}


def groups_of(shape: str) -> dict[str, list[str]]:
    """Return the inventory's groups with the names of their hosts."""
    tiers = dict(SHAPES[shape])
    data = tiers.pop("data")
    tiers |= dict.fromkeys(DATA, data)
    return {tier: [f"node{number}" for number in numbers] for tier, numbers in tiers.items()}


def write_inventory(directory: Path, shape: str) -> None:
    """Make the lab's inventory one of this shape; its secrets stay."""
    groups = groups_of(shape)
    names = sorted({name for hosts in groups.values() for name in hosts})
    addresses = {name: {"ansible_host": f"10.91.{NUMBER}.1{name.removeprefix('node')}"} for name in names}
    children = {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in groups.items()}
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": children, "hosts": addresses}}))
    file = directory / "group_vars/all/main.yml"
    variables = yaml.safe_load(file.read_text())
    # One machine has its own address; two share one that moves between them.
    floating = {} if len(groups["edge"]) == 1 else {"platform_floating_address": f"10.91.{NUMBER}.10/24"}
    variables.pop("platform_floating_address", None)
    file.write_text(yaml.safe_dump(variables | floating))


@dataclass
class Community:
    """People in one room, what they have said in it, and a file that one has shared."""

    nodes: Nodes
    people: list[Person] = field(default_factory=list)
    room: str = ""
    said: list[str] = field(default_factory=list)
    file: str = ""
    content: bytes = b""

    def ask(self, person: Person, method: str, path: str, data: Any = None, *, raw: bool = False) -> Any:
        """Send a request through the public address, wherever that is by now."""
        way = Platform.of(self.nodes)
        client = JsonClient(
            way.edge().url,
            ca_pem=way.secret["platform_secret_ca_certificate"],
            connect_address=way.edge_address,
            timeout=60,
        )
        return client.request(method, path, data, {"Authorization": f"Bearer {person.token}"}, raw)

    def found(self) -> None:
        """Make the first accounts, their room and a file."""
        self.people = Platform.of(self.nodes).register(MAIN_PORT, 2)
        alice, bob = self.people
        wanted = {"preset": "private_chat", "invite": [bob.user_id]}
        self.room = self.ask(alice, "POST", f"{API}/createRoom", wanted)["room_id"]
        self.ask(bob, "POST", f"{API}/join/{quote(self.room)}", {})
        self.content = uuid4().bytes * 1000
        uploaded = self.ask(alice, "POST", "/_matrix/media/v3/upload?filename=shared.bin", self.content)
        self.file = uploaded["content_uri"].removeprefix("mxc://")

    def say(self) -> str:
        """Let the first person say something and return the words."""
        words = f"{len(self.said)} {uuid4()}"
        self.ask(
            self.people[0],
            "PUT",
            f"{API}/rooms/{quote(self.room)}/send/m.room.message/{uuid4()}",
            {"msgtype": "m.text", "body": words},
        )
        self.said.append(words)
        return words

    def read(self, person: Person) -> list[str]:
        """Return what was said in the room, oldest first."""
        page = self.ask(person, "GET", f"{API}/rooms/{quote(self.room)}/messages?dir=f&limit=100")
        return [event["content"]["body"] for event in page["chunk"] if event["type"] == "m.room.message"]
