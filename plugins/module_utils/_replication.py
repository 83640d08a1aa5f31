# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What members of Redis and their Sentinels say of themselves, and what follows: who is primary, who is in step."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable
from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils._redis import RedisClient, RedisError, facts, pairs

State = dict[str, Any]
ROLES = {"master": "primary", "slave": "replica"}
SILENT = {"role": "", "follows": "", "link_up": False, "replicas": 0, "version": "", "memory": "", "error": ""}
SILENT_SENTINEL = {"primary": "", "quorum": 0, "reached": False, "error": ""}


def normal(address: str) -> str:
    """Return the address in the one form in which equal ones are equal."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def member_state(connect: Callable[[], RedisClient]) -> State:
    """Return what a member tells of its part in replication; `error` says why it tells nothing."""
    try:
        with connect() as client:
            told = facts(client.say("INFO"))
    except RedisError as exc:
        return {**SILENT, "error": str(exc)}
    return {
        "role": ROLES.get(told.get("role", ""), ""),
        "follows": normal(told.get("master_host", "")),
        "link_up": told.get("master_link_status") == "up",
        "replicas": int(told.get("connected_slaves", 0)),
        "version": told.get("redis_version", ""),
        "memory": f"{told.get('used_memory_human', '?')} of {told.get('maxmemory_human', '?')}",
        "error": "",
    }


def sentinel_state(connect: Callable[[], RedisClient], name: str) -> State:
    """Return whom a Sentinel takes for the primary and whether enough others could agree on another."""
    state = {**SILENT_SENTINEL}
    try:
        with connect() as client:
            address = client.say("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
            if not address:
                return {**state, "error": f"it does not know '{name}'"}
            state["primary"] = normal(address[0])
            state["quorum"] = int(pairs(client.say("SENTINEL", "MASTER", name))["quorum"])
            client.say("SENTINEL", "CKQUORUM", name)
            state["reached"] = True
    except RedisError as exc:
        state["error"] = str(exc)
    return state


def primary_of(members: list[State]) -> tuple[str, bool]:
    """Return the name of the primary, empty when nothing tells it, and whether it and the Sentinels say the same."""
    names = {normal(member["address"]): member["name"] for member in members}
    votes = Counter(names[m["sentinel"]["primary"]] for m in members if m["sentinel"]["primary"] in names)
    claims = [member for member in members if member["role"] == "primary"]
    elected = [name for name, count in votes.items() if count == max(votes.values())]
    if len(elected or claims) == 1 and {m["name"] for m in claims} >= set(elected):
        return (elected or [claims[0]["name"]])[0], True
    if claims:
        return max(claims, key=lambda m: (votes[m["name"]], m["replicas"]))["name"], False
    followed = [names[member["follows"]] for member in members if member["follows"] in names]
    return (elected + followed + [""])[0], False


def member_fault(member: State, primary: State | None) -> str:
    """Return why a member is not in step with the primary, empty when it is."""
    if member["error"]:
        return f"Redis gives no answer: {member['error']}"
    if primary is None:
        return "nobody is primary"
    if member["name"] == primary["name"]:
        return "" if member["role"] == "primary" else f"it shall be primary and follows {member['follows']}"
    if member["role"] != "replica":
        return f"it takes itself for the primary beside {primary['name']}"
    if member["follows"] != normal(primary["address"]):
        return f"it follows {member['follows']} and not {primary['name']}"
    return "" if member["link_up"] else f"its link to {primary['name']} is down"


def sentinel_fault(member: State, primary: State | None) -> str:
    """Return why a member's Sentinel could not keep the service up, empty when it could."""
    sentinel = member["sentinel"]
    if sentinel["primary"] and primary and sentinel["primary"] != normal(primary["address"]):
        return f"its Sentinel takes {sentinel['primary']} for the primary"
    return f"its Sentinel says: {sentinel['error']}" if sentinel["error"] else ""


def view(members: list[State]) -> dict[str, Any]:
    """Return the answer of all members as one: the primary, who is in step, whose Sentinels agree, and all faults."""
    name, proved = primary_of(members)
    primary = next((member for member in members if member["name"] == name), None)
    faults = {m["name"]: [member_fault(m, primary), sentinel_fault(m, primary)] for m in members}
    return {
        "primary": {"name": name, "address": primary["address"]} if primary else {},
        "proved": proved,
        "primaries": [member["name"] for member in members if member["role"] == "primary"],
        "in_step": [name for name, (fault, _of_sentinel) in faults.items() if not fault],
        "agreeing": [name for name, (_of_member, fault) in faults.items() if not fault],
        "faults": {name: " and ".join(filter(None, both)) for name, both in faults.items()},
        "members": members,
    }
