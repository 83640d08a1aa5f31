"""Puts the same load on the platform's edge and on one Synapse process without workers."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import load
from .load import Pace, Person, Target
from .runs import BenchError, Nodes

HERE = Path(__file__).parent
MAIN_PORT, SINGLE_PORT = 8080, 8999
# Whichever environment the platform has installed.
SYNAPSE_PYTHON = "sudo sh -c 'exec /opt/synapse/*/bin/python -'"


PEOPLE, ROOMS = 20, 5
# So slow that nobody waits for anybody: one message a person every four seconds.
CALM = Pace(seconds=20, warm_up_seconds=4, pause=4)
WARM_UP_SECONDS = 8


@dataclass(frozen=True)
class Platform:
    """What the bench must know of a deployed inventory."""

    nodes: Nodes
    variables: dict[str, Any]
    secret: dict[str, str]
    chat: dict[str, str]
    edge_address: str

    @classmethod
    def of(cls, nodes: Nodes) -> Platform:
        """Read it from the inventory and its secrets."""
        listed = nodes.listed()
        hosts = listed["_meta"]["hostvars"]
        addresses = {name: hosts[name]["ansible_host"] for name in listed["chat"]["hosts"]}
        edge = hosts[min(listed["edge"]["hosts"])]
        floating = str(edge.get("platform_floating_address", "")).split("/")[0]
        secret = yaml.safe_load((nodes.inventory / "group_vars/all/secrets.yml").read_text())
        return cls(nodes, edge, secret, addresses, floating or edge["ansible_host"])

    def edge(self) -> Target:
        """Return the way in that clients take: verified TLS at the public name."""
        tls = ssl.create_default_context(cadata=self.secret["platform_secret_ca_certificate"])
        return Target(f"https://{self.variables['platform_public_name']}", self.edge_address, tls)

    def register(self, port: int, count: int = PEOPLE) -> list[Person]:
        """Make people through the main process, which is on one of the chat hosts."""
        mark = secrets.token_hex(4)
        call = {
            "port": port,
            "secret": self.secret["platform_secret_synapse_registration_shared_secret"],
            "password": secrets.token_urlsafe(24),
            "administrator": f"bench-{mark}",
            "names": [f"bench-{mark}-{number}" for number in range(count)],
        }
        problems = []
        for host, address in sorted(self.chat.items()):
            try:
                made = self.nodes.ask(host, HERE / "accounts.py", {**call, "address": address})
            except BenchError as problem:
                problems.append(str(problem))
            else:
                return [Person(*person) for person in made]
        raise BenchError(f"no chat host could make accounts: {' '.join(problems)}")

    def replace(self) -> Target:
        """Stop the chat processes of the first chat host and start one without workers there, on a fresh database."""
        host, address = min(self.chat.items())
        database = f"bench_{secrets.token_hex(4)}"
        call = {"address": address, "port": SINGLE_PORT, "database": database}
        self.nodes.ask(host, HERE / "single_process.py", call, interpreter=SYNAPSE_PYTHON)
        return Target(f"http://{address}:{SINGLE_PORT}", address)


def measured(target: Target, people: Sequence[Person], seconds: float) -> dict[str, float]:
    """Return the figures of a crowd that sends as fast as it can, and how fast a calm one is served."""
    calm = load.measure(target, people, ROOMS, CALM).figures()
    full = load.measure(target, people, ROOMS, Pace(seconds, WARM_UP_SECONDS)).figures()
    return {**full, "calm_send_ms": calm["send_ms"], "calm_deliver_ms": calm["deliver_ms"]}


def through_the_edge(nodes: Nodes, seconds: float) -> dict[str, float]:
    """Return the figures of the platform as people use it."""
    platform = Platform.of(nodes)
    return measured(platform.edge(), platform.register(MAIN_PORT), seconds)


def single_process(nodes: Nodes, seconds: float) -> dict[str, float]:
    """Return the figures of one process without workers, asked directly; the platform on the node is gone after it."""
    platform = Platform.of(nodes)
    target = platform.replace()
    return measured(target, platform.register(SINGLE_PORT), seconds)
