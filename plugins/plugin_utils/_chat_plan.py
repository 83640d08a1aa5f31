# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of the chat server run where, from the number of users and the chat hosts.

Kinds and what may be split: Synapse, docs/workers.md. What is split first: the presets `one-of-each` and
`specialized-workers` of matrix-docker-ansible-deploy. How much: the profiles of "ESS Sizing" (Element; 500, 2,500 and
10,000 users take 2, 6 and 10 cores, without federation 2,000, 5,650 and 8,150 MiB, with it 4,500, 8,150 and 11,650).
Sessions of a process: at most 10, as in Element's community chart; processes that hardly ask the database have 5.

Growth only adds: with more users every process stays what it was called and where it was. A host that is added gets
processes of stateless kinds; what exists once, or keeps files, stays at its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._topology import port_range

# Columns of a kind's counts; between them they are interpolated, beyond the last they go on in proportion.
USERS = (100, 1000, 10000)
CORES = ((100, 1), (500, 2), (2500, 6), (10000, 10))
HEAVY, LIGHT = "heavy", "light"
# MiB of a process at 100 users, and what it takes more with each tenfold number of users.
MEMORY_MB = {HEAVY: (280, 60), LIGHT: (190, 20)}
CONNECTIONS = {HEAVY: 10, LIGHT: 5}
# Streams that may leave main (synapse/config/workers.py, WriterLocations); those with requests of their own.
STREAMS = (
    "account_data",
    "device_lists",
    "events",
    "presence",
    "push_rules",
    "receipts",
    "thread_subscriptions",
    "to_device",
    "typing",
)
STREAM_KINDS = tuple(stream for stream in STREAMS if stream != "events")
STATELESS = ("sync", "initial_sync", "client", "rooms", "messages", "federation", "federation_inbound")


class ChatPlanError(Exception):
    """The hosts cannot carry so many processes; the text says what to do."""


@dataclass(frozen=True)
class Kind:
    """Processes that do the same: how many there are, where, and what they take over from main, generic and streams."""

    name: str
    counts: tuple[int, int, int]
    # `first` and `second` are the places of what exists once; `every` host has at least one of a stateless kind.
    place: str
    weight: str = HEAVY
    serves: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    # Whether it goes on growing beyond the last column.
    grows: bool = True
    federation: bool = False


MAIN = Kind("main", (1, 1, 1), "first", serves=("main",), grows=False)
# Those that come first hand over to later ones what these name.
KINDS = (
    MAIN,
    Kind("generic", (1, 1, 4), "every", serves=STATELESS),
    Kind("streams", (1, 1, 1), "second", serves=STREAM_KINDS, streams=STREAMS, grows=False),
    # Files are local, so all of a kind are on one host (docs/workers.md, synapse.app.media_repository).
    Kind("media", (1, 1, 2), "first", LIGHT, serves=("media",), streams=("quarantined_media_changes",)),
    Kind("events", (0, 2, 4), "second", streams=("events",)),
    Kind("sync", (0, 1, 4), "every", serves=("sync",)),
    Kind("initial_sync", (0, 1, 2), "every", serves=("initial_sync",)),
    Kind("rooms", (0, 1, 3), "every", serves=("rooms",)),
    Kind("federation", (0, 1, 2), "every", serves=("federation", "federation_inbound"), federation=True),
    Kind("federation_inbound", (0, 0, 2), "every", serves=("federation_inbound",), federation=True),
    Kind("federation_sender", (0, 1, 2), "first", LIGHT, duties=("federation_sender",), federation=True),
    Kind("pusher", (0, 1, 2), "first", LIGHT, duties=("pusher",)),
    Kind("background", (0, 1, 1), "first", LIGHT, duties=("background_tasks", "notify_appservices"), grows=False),
    Kind("user_directory", (0, 1, 1), "first", LIGHT, duties=("user_directory",), grows=False),
    Kind("sso", (0, 1, 1), "second", LIGHT, serves=("sso",), grows=False),
    *(
        Kind(stream, (0, 0, 1), "second", LIGHT, serves=(stream,), streams=(stream,), grows=False)
        for stream in ("account_data", "device_lists", "presence", "receipts", "to_device", "typing")
    ),
)


def build(
    members: Sequence[Mapping[str, str]],
    users: int,
    ports: Mapping[str, int | str],
    places: Sequence[str] = (),
    *,
    federation: bool = True,
) -> dict[str, Any]:
    """Return the plan: processes in their order of starting, and the sums of what they take.

    `places` names the hosts of what exists once, main's first; by default the first two hosts by name. Raises
    ChatPlanError when a host has too few ports for its processes, or a place is no member.
    """
    hosts = _hosts(members, places)
    kinds = [kind for kind in KINDS if federation or not kind.federation]
    processes = _place(kinds, users, hosts, len(members))
    _give_ports(processes, hosts, users, ports)
    _share_work(processes, federation=federation)
    for process in processes:
        kind = process.pop("kind")
        process["database_connections"] = CONNECTIONS[kind.weight]
        process["memory_mb"] = memory_mb(kind.weight, users)
    processes.sort(key=_start_order)
    memory = {host["name"]: _sum(processes, "memory_mb", host["name"]) for host in hosts}
    return {
        "processes": processes,
        "connections": _sum(processes, "database_connections"),
        "memory_mb": memory,
        "cores": {name: max(1, math.ceil(cores(users) * amount / sum(memory.values()))) for name, amount in memory.items()},
        "stream_writers": {
            stream: [process["name"] for process in processes if stream in process["streams"]]
            for stream in sorted({stream for process in processes for stream in process["streams"]})
        },
    }


def count(kind: Kind, users: int) -> int:
    """Return how many processes of a kind so many users need; never fewer for more users."""
    last = kind.counts[-1]
    if users >= USERS[-1]:
        return _round(last * users / USERS[-1]) if kind.grows else last
    return _round(_between(tuple(zip(USERS, kind.counts, strict=True)), users))


def memory_mb(weight: str, users: int) -> int:
    """Return the MiB of memory that a process of this weight is to have; never less for more users."""
    base, more = MEMORY_MB[weight]
    return base + math.ceil(more * math.log10(max(users, USERS[0]) / USERS[0]))


def cores(users: int) -> float:
    """Return how many cores all processes keep busy at the most."""
    return CORES[-1][1] * users / CORES[-1][0] if users > CORES[-1][0] else _between(CORES, users)


def _between(points: Sequence[tuple[int, int]], users: int) -> float:
    """Return the value at a number of users on the line through the points."""
    if users <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in zip(points, points[1:], strict=False):
        if users <= right:
            return low + (high - low) * (users - left) / (right - left)
    return points[-1][1]


def _round(number: float) -> int:
    return math.floor(number + 0.5)


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names with their numbers as numbers: chat2 before chat10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _hosts(members: Sequence[Mapping[str, str]], places: Sequence[str]) -> list[dict[str, str]]:
    """Return the hosts with those of the places first, the others by name."""
    known = {member["name"]: dict(member) for member in members}
    unknown = [name for name in places if name not in known]
    if unknown:
        raise ChatPlanError(
            f"platform_chat_places names '{unknown[0]}', which is no host of the group 'chat'; it has "
            f"{', '.join(sorted(known, key=natural))}. Name hosts of that group."
        )
    others = sorted((name for name in known if name not in places), key=natural)
    return [known[name] for name in [*dict.fromkeys(places), *others]]


def _place(kinds: Sequence[Kind], users: int, hosts: Sequence[Mapping[str, str]], total: int) -> list[dict[str, Any]]:
    """Return every process with its name and host, in the order in which growing numbers of users bring them about."""
    load = {host["name"]: 0 for host in hosts}
    # Numbers in names of stateless processes are the host's own, which no place changes.
    numbers = {name: number for number, name in enumerate(sorted(load, key=natural), start=1)}
    placed: list[dict[str, Any]] = []
    for _users, _order, kind, number in sorted(_born(kinds, users, total), key=lambda entry: (entry[:2], entry[3])):
        name = f"{kind.name}{number}" if kind is not MAIN else kind.name
        if kind.place == "every":
            host = list(numbers)[number - 1] if number <= total else min(load, key=lambda host: (load[host], numbers[host]))
            earlier = sum(process["kind"] is kind and process["host"] == host for process in placed)
            name = f"{kind.name}{numbers[host]}" + (f"-{earlier + 1}" if earlier else "")
        else:
            host = hosts[0 if kind.place == "first" else min(1, total - 1)]["name"]
        load[host] += MEMORY_MB[kind.weight][0]
        placed.append({"kind": kind, "name": name, "host": host})
    addresses = {host["name"]: host["address"] for host in hosts}
    return [{**process, "address": addresses[process["host"]]} for process in placed]


def _born(kinds: Sequence[Kind], users: int, hosts: int) -> Iterator[tuple[int, int, Kind, int]]:
    """Yield for each process the number of users that brings it about, the order of its kind, the kind, its number."""
    for order, kind in enumerate(kinds):
        wanted = count(kind, users)
        for number in range(1, max(wanted, hosts if kind.place == "every" and wanted else 0) + 1):
            # The first of a stateless kind brings one on every host.
            needed = 1 if kind.place == "every" and number <= hosts else number
            yield _users_for(kind, needed, users), order, kind, number


def _users_for(kind: Kind, wanted: int, most: int) -> int:
    """Return the smallest number of users that need so many processes of a kind, which `most` users do."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if count(kind, middle) >= wanted else (middle + 1, high)
    return low


def _give_ports(
    processes: Sequence[dict[str, Any]], hosts: Sequence[Mapping[str, str]], users: int, ports: Mapping[str, int | str]
) -> None:
    """Give each process its ports: stateless ones from the first up, others from the last down, so that both can grow."""
    workers = port_range(ports["workers"])
    ranges = {"port": "workers", "replication_port": "replication_workers", "metrics_port": "metrics_workers"}
    single = {"port": "main", "replication_port": "replication_main", "metrics_port": "metrics_main"}
    for host in hosts:
        own = [process for process in processes if process["host"] == host["name"] and process["kind"] is not MAIN]
        if len(own) > min(len(port_range(ports[name])) for name in ranges.values()):
            raise ChatPlanError(
                f"{users} users need {len(own)} worker processes on the chat host '{host['name']}', and there are "
                f"{len(workers)} ports for them ({ports['workers']}). Add hosts to the group 'chat', or lower "
                "platform_users."
            )
        for stateless in (True, False):
            group = [process for process in own if (process["kind"].place == "every") is stateless]
            for index, process in enumerate(group):
                slot = index if stateless else -1 - index
                process.update({key: port_range(ports[name])[slot] for key, name in ranges.items()})
    for process in processes:
        if process["kind"] is MAIN:
            process.update({key: int(ports[name]) for key, name in single.items()})


def _share_work(processes: Sequence[dict[str, Any]], *, federation: bool) -> None:
    """Say what each process serves, writes and does; a later kind takes over from an earlier one."""
    present = {process["kind"] for process in processes}

    def latest(field: str, item: str) -> Kind | None:
        return next((kind for kind in reversed(KINDS) if kind in present and item in getattr(kind, field)), None)

    for process in processes:
        kind = process["kind"]
        for field in ("serves", "streams", "duties"):
            process[field] = [item for item in getattr(kind, field) if latest(field, item) is kind]
    first = processes[0]["host"]
    # What no kind of its own does yet: house-keeping is main's, what people notice is not.
    homes = {
        "main": ("background_tasks", "notify_appservices", "user_directory"),
        "streams1": ("pusher", "federation_sender"),
    }
    for process in processes:
        process["duties"] += [duty for duty in homes.get(process["name"], ()) if latest("duties", duty) is None]
        if process["name"] == "media1":
            process["duties"] += ["media_background"]
    if latest("serves", "sso") is None:
        generic = next(process for process in processes if process["kind"].name == "generic" and process["host"] == first)
        generic["serves"] += ["sso"]


def _start_order(process: Mapping[str, Any]) -> tuple[int, list[tuple[int, str]]]:
    """Return a key that sorts main first, then writers of streams, then the others."""
    rank = 0 if process["name"] == "main" else 1 if set(process["streams"]) & set(STREAMS) else 2
    return rank, natural(process["name"])


def _sum(processes: Sequence[Mapping[str, Any]], field: str, host: str = "") -> int:
    return sum(process[field] for process in processes if not host or process["host"] == host)
