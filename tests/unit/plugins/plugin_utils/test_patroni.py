"""A cluster is complete only when all its members are in step, and each replica's trouble is named."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils._patroni import (
    LAG_BYTES,
    cluster_state,
    replication_findings,
    slot_name,
)

NAMES = ["data1", "data2", "data3"]
LEADER = {"name": "data1", "role": "leader", "state": "running", "timeline": 3}
SYNC = {"name": "data2", "role": "sync_standby", "state": "streaming", "timeline": 3, "lag": 0}
REPLICA = {"name": "data3", "role": "replica", "state": "streaming", "timeline": 3, "lag": 0}
SLOT = {"slot": "data2", "active": True, "wal_status": "reserved", "state": "streaming", "sync_state": "sync", "lag": 0}
OTHER = {**SLOT, "slot": "data3", "sync_state": "async", "lag": 2048}


def state(*members: dict[str, Any], synchronous: bool = True) -> dict[str, Any]:
    return cluster_state({"members": list(members)}, NAMES, synchronous=synchronous)


def test_three_members_in_step_are_complete() -> None:
    found = "3 of 3 members serve, led by data1 on timeline 3"
    assert state(LEADER, SYNC, REPLICA) == {"complete": True, "leader": "data1", "found": found}


def test_one_member_alone_needs_no_synchronous_replica() -> None:
    assert cluster_state({"members": [LEADER]}, ["data1"], synchronous=True)["complete"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([LEADER, SYNC], "2 of 3 members serve, led by data1 on timeline 3, data3 is not there"),
        ([LEADER, SYNC, {**REPLICA, "state": "starting"}], "data3 is starting"),
        ([LEADER, SYNC, {**REPLICA, "state": ""}], "data3 is silent"),
        ([LEADER, SYNC, {**REPLICA, "timeline": 2}], "data3 is on timeline 2"),
        ([LEADER, SYNC, {**REPLICA, "lag": "unknown"}], "data3 is at an unknown distance"),
        ([LEADER, SYNC, {**REPLICA, "lag": 2 * LAG_BYTES}], "data3 is 32 MiB behind"),
        ([LEADER, {**SYNC, "role": "replica"}, REPLICA], "no replica is synchronous"),
        ([{**LEADER, "role": "replica", "lag": 0}, SYNC, REPLICA], "led by nobody"),
        ([LEADER, {**SYNC, "role": "leader"}, REPLICA], "led by data1 and data2"),
    ],
)
def test_what_is_not_in_step_is_named(members: list[dict[str, Any]], words: str) -> None:
    judged = state(*members)
    assert not judged["complete"]
    assert words in judged["found"]


@pytest.mark.parametrize("answer", [None, {}, {"members": []}])
def test_no_answer_is_a_cluster_without_members(answer: Any) -> None:
    judged = cluster_state(answer, NAMES)
    assert (judged["complete"], judged["leader"]) == (False, "")
    assert judged["found"].startswith("0 of 3 members serve, led by nobody")


def test_a_synchronous_replica_is_only_asked_for_where_it_is_wanted() -> None:
    assert state(LEADER, {**SYNC, "role": "replica"}, REPLICA, synchronous=False)["complete"]


def findings(*rows: dict[str, Any], synchronous: bool = True) -> dict[str, tuple[bool, str]]:
    found = replication_findings(rows, NAMES, "data1", synchronous=synchronous)
    return {entry["subject"]: (entry["ok"], entry["found"]) for entry in found}


def test_each_replica_is_one_finding() -> None:
    assert findings(SLOT, OTHER) == {
        "replica data2": (True, "synchronous, streaming, 0 KiB behind"),
        "replica data3": (True, "asynchronous, streaming, 2 KiB behind"),
    }
    assert replication_findings([], ["data1"], "data1", synchronous=True) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"active": False, "state": None, "sync_state": None, "lag": None}, "away, its WAL is reserved"),
        ({"active": False, "wal_status": "lost"}, "patronictl reinit"),
        ({"lag": 2 * LAG_BYTES}, "32768 KiB behind"),
        ({"slot": "other"}, "no slot"),
    ],
)
def test_a_replica_in_trouble_is_a_bad_finding(row: dict[str, Any], words: str) -> None:
    ok, found = findings(SLOT, {**OTHER, **row})["replica data3"]
    assert not ok
    assert words in found


def test_commits_that_wait_for_nobody_are_a_bad_finding() -> None:
    rows = [{**SLOT, "sync_state": "async"}, OTHER]
    assert findings(*rows)["synchronous replica"][0] is False
    assert "synchronous replica" not in findings(*rows, synchronous=False)


@pytest.mark.parametrize(
    ("member", "slot"), [("data1", "data1"), ("Data-1.example.com", "data_1_example_com"), ("a b", "au0032b")]
)
def test_a_slot_is_named_as_patroni_names_it(member: str, slot: str) -> None:
    assert slot_name(member) == slot
