"""Who is primary follows from what members and Sentinels say, also when they say different things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from unit.redis_server import ADDRESS, encoded, serving

from ansible_collections.privatechat.platform.plugins.module_utils._redis import RedisClient
from ansible_collections.privatechat.platform.plugins.module_utils._replication import (
    SILENT,
    SILENT_SENTINEL,
    member_state,
    normal,
    primary_of,
    sentinel_state,
    view,
)

DEAD = {**SILENT, "error": "refused"}
MUTE = {**SILENT_SENTINEL, "error": "refused"}
PRIMARY = {**SILENT, "role": "primary"}


def address(name: str) -> str:
    return f"2001:DB8:0::{name[1:]}"


def follows(name: str, *, up: bool = True) -> dict[str, Any]:
    return {**SILENT, "role": "replica", "follows": normal(address(name)), "link_up": up}


def names(name: str) -> dict[str, Any]:
    return {**SILENT_SENTINEL, "primary": normal(address(name)), "quorum": 2, "reached": True}


def members(*states: tuple[dict[str, Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return members n1, n2 ... from what each one's Redis and Sentinel say."""
    return [
        {"name": f"n{n}", "address": address(f"n{n}"), **redis, "sentinel": sentinel}
        for n, (redis, sentinel) in enumerate(states, start=1)
    ]


WELL = members((follows("n2"), names("n2")), (PRIMARY, names("n2")), (follows("n2"), names("n2")))
CASES: list[tuple[list[dict[str, Any]], tuple[str, bool]]] = [
    # Nobody is there; all are well; the first one is bare.
    (members((DEAD, MUTE), (DEAD, MUTE)), ("", False)),
    (WELL, ("n2", True)),
    (members((DEAD, MUTE), *[(m, m["sentinel"]) for m in WELL[1:]]), ("n2", True)),
    # No Sentinel answers: one primary is one, two are in doubt and the one with replicas is likelier.
    (members((DEAD, MUTE), (PRIMARY, MUTE)), ("n2", True)),
    (members((PRIMARY, MUTE), ({**PRIMARY, "replicas": 1}, MUTE)), ("n2", False)),
    # A primary of old that does not know yet.
    (members((PRIMARY, names("n1")), (PRIMARY, names("n2")), (follows("n2"), names("n2"))), ("n2", True)),
    # The elected one is dead, an election is to come.
    (members((DEAD, MUTE), (follows("n1"), names("n1")), (follows("n1"), names("n1"))), ("n1", False)),
    (members((DEAD, MUTE), (PRIMARY, names("n1")), (follows("n1"), names("n1"))), ("n2", False)),
    # Sentinels are divided.
    (members((PRIMARY, names("n1")), (PRIMARY, names("n2"))), ("n1", False)),
    # Only a replica is left.
    (members((DEAD, MUTE), (follows("n3"), MUTE), (DEAD, MUTE)), ("n3", False)),
    # Whoever is no member is nobody's choice.
    (members((follows("n9"), names("n9"))), ("", False)),
]


@pytest.mark.parametrize(("states", "expected"), CASES)
def test_the_primary_is_found(states: list[dict[str, Any]], expected: tuple[str, bool]) -> None:
    assert primary_of(states) == expected


def test_members_that_are_well_have_no_faults() -> None:
    told = view(WELL)
    assert told["primary"] == {"name": "n2", "address": address("n2")}
    assert (told["primaries"], told["in_step"], told["agreeing"]) == (["n2"], *[["n1", "n2", "n3"]] * 2)
    assert set(told["faults"].values()) == {""}


@pytest.mark.parametrize(
    ("redis", "sentinel", "words"),
    [
        (DEAD, names("n2"), "Redis gives no answer: refused"),
        (PRIMARY, names("n2"), "it takes itself for the primary beside n2"),
        (follows("n3"), names("n2"), "it follows 2001:db8::3 and not n2"),
        (follows("n2", up=False), names("n2"), "its link to n2 is down"),
        (follows("n2"), names("n1"), "its Sentinel takes 2001:db8::1 for the primary"),
        (follows("n2"), MUTE, "its Sentinel says: refused"),
    ],
)
def test_a_fault_is_named(redis: dict[str, Any], sentinel: dict[str, Any], words: str) -> None:
    told = view(members((redis, sentinel), *[(m, m["sentinel"]) for m in WELL[1:]]))
    assert told["faults"]["n1"] == words
    assert "n1" not in set(told["in_step"]) & set(told["agreeing"])


@pytest.fixture
def reach(tmp_path: Path) -> Iterator[Callable[[dict[str, bytes]], Callable[[], RedisClient]]]:
    with serving(tmp_path, {}) as server:

        def connect(answers: dict[str, bytes]) -> Callable[[], RedisClient]:
            server.answers = answers
            return partial(RedisClient, ADDRESS, server.port, server.ca_file, username="u", password="p")

        yield connect


def test_a_member_tells_its_part(reach: Callable[..., Any]) -> None:
    info = "role:slave\r\nmaster_host:FD00::1\r\nmaster_link_status:up\r\nredis_version:8.0.2\r\nconnected_slaves:0\r\n"
    told = member_state(reach({"INFO": encoded(info)}))
    assert (told["role"], told["follows"], told["link_up"], told["version"]) == ("replica", "fd00::1", True, "8.0.2")


def test_a_sentinel_tells_whom_it_follows_and_why_it_could_not_elect(reach: Callable[..., Any]) -> None:
    answers = {
        "SENTINEL GET-MASTER-ADDR-BY-NAME cache": encoded(["FD00::1", "6379"]),
        "SENTINEL MASTER cache": encoded(["name", "cache", "quorum", "2"]),
    }
    assert sentinel_state(reach(answers), "cache") == {"primary": "fd00::1", "quorum": 2, "reached": True, "error": ""}
    told = sentinel_state(reach({**answers, "SENTINEL CKQUORUM cache": b"-NOQUORUM 1 usable\r\n"}), "cache")
    assert (told["primary"], told["reached"], told["error"]) == ("fd00::1", False, "NOQUORUM 1 usable")
    unknown = sentinel_state(reach({"SENTINEL GET-MASTER-ADDR-BY-NAME cache": b"*-1\r\n"}), "cache")
    assert unknown["error"] == "it does not know 'cache'"
