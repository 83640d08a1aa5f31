"""Plans for the tests of planning."""

from __future__ import annotations

from functools import cache
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils import _chat_plan
from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_kinds import STATELESS

PORTS: dict[str, int | str] = {
    "main": 8080,
    "workers": "8081-8130",
    "replication_main": 9080,
    "replication_workers": "9081-9130",
    "metrics_main": 9180,
    "metrics_workers": "9181-9230",
}
NUMBERS = [*range(1, 1200, 37), 100, 500, 550, 1000, *range(1200, 20001, 613), 2500, 10000, 20000]
Plan = dict[str, Any]


def plan(users: int, hosts: int = 2, *, federation: bool = True, names: tuple[str, ...] = (), **more: Any) -> Plan:
    """Return a plan for hosts chat1, chat2 and so on."""
    found = names or tuple(f"chat{number}" for number in range(1, hosts + 1))
    members = [{"name": name, "address": f"192.0.2.{number}"} for number, name in enumerate(found, start=1)]
    return _chat_plan.build(members, users, PORTS, federation=federation, **more)


@cache
def plans(hosts: int, *, federation: bool) -> list[Plan]:
    """Return the plans of growing numbers of users, as far as the ports go."""
    found = []
    for users in sorted(NUMBERS):
        try:
            found.append(plan(users, hosts, federation=federation))
        except _chat_plan.ChatPlanError:
            assert users > 10000, "the largest preset fits on any number of hosts"
            break
    return found


def where(found: Plan, *fields: str) -> dict[str, tuple[Any, ...]]:
    return {process["name"]: tuple(process[field] for field in fields) for process in found["processes"]}


def once(found: Plan) -> dict[str, tuple[Any, ...]]:
    """Return where those are that are no stateless ones."""
    places = where(found, "host", "port", "replication_port", "metrics_port", "serves")
    return {name: place for name, place in places.items() if not set(place[4]) & set(STATELESS)}
