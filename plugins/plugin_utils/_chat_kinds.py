# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of processes of the chat server, how many of each a number of users needs, and what one takes.

Kinds and what may be split: Synapse, docs/workers.md. What is split first: the presets `one-of-each` and
`specialized-workers` of matrix-docker-ansible-deploy. How much: the profiles of "ESS Sizing" (Element): 500, 2,500 and
10,000 users take 2, 6 and 10 cores, without federation 2,000, 5,650 and 8,150 MiB, with it 4,500, 8,150 and 11,650.
Sessions of a process: at most 10, as in Element's community chart; processes that hardly ask the database have 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Columns of a kind's counts; between them they are interpolated, beyond the last they go on in proportion.
USERS = (100, 1000, 10000)
CORES = ((100, 1), (500, 2), (2500, 6), (10000, 10))
HEAVY, LIGHT = "heavy", "light"
# MiB of a process at 100 users, and what it takes more with each tenfold number of users; one that has just started
# takes 130.
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
    for (left, low), (right, high) in pairwise(points):
        if users <= right:
            return low + (high - low) * (users - left) / (right - left)
    return points[-1][1]


def _round(number: float) -> int:
    return math.floor(number + 0.5)
