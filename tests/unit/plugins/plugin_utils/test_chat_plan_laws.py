"""What holds for the plans of all numbers of users and hosts, with and without federation."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from chat_plans import once, plan, plans, where

from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_kinds import STATELESS, STREAM_KINDS, STREAMS

CASES = [(hosts, federation) for hosts in (1, 2, 3, 4) for federation in (True, False)]


@pytest.mark.parametrize(("hosts", "federation"), CASES)
def test_every_stream_has_a_writer_that_is_not_main(hosts: int, federation: bool) -> None:
    for found in plans(hosts, federation=federation):
        assert set(found["stream_writers"]) == {*STREAMS, "quarantined_media_changes"}
        assert all(writers and "main" not in writers for writers in found["stream_writers"].values())
        alone = ("typing", "to_device", "account_data", "presence", "push_rules")
        assert all(len(found["stream_writers"][stream]) == 1 for stream in alone)
        media = [process["name"] for process in found["processes"] if "media" in process["serves"]]
        assert found["stream_writers"]["quarantined_media_changes"] == media


@pytest.mark.parametrize(("hosts", "federation"), CASES)
def test_every_kind_of_request_is_served_where_it_may_be(hosts: int, federation: bool) -> None:
    for found in plans(hosts, federation=federation):
        serving: dict[str, list[str]] = {}
        for process in found["processes"]:
            for kind in process["serves"]:
                serving.setdefault(kind, []).append(process["host"])
        assert set(serving) == {"main", "media", "sso", *STATELESS, *STREAM_KINDS}
        assert all(len(set(serving[kind])) == hosts for kind in STATELESS)
        assert len(serving["sso"]) == len(serving["main"]) == len(set(serving["media"])) == 1
        for stream in STREAM_KINDS:
            own = [process["name"] for process in found["processes"] if stream in process["serves"]]
            assert own == found["stream_writers"][stream]


@pytest.mark.parametrize(("hosts", "federation"), CASES)
def test_every_duty_is_done_by_one_or_by_its_own_kind(hosts: int, federation: bool) -> None:
    for found in plans(hosts, federation=federation):
        doing = Counter(duty for process in found["processes"] for duty in process["duties"])
        assert set(doing) == {
            *("background_tasks", "notify_appservices", "user_directory", "media_background"),
            *("pusher", "federation_sender"),
        }
        several = {"pusher", "federation_sender"}
        assert all(number == 1 for duty, number in doing.items() if duty not in several)


@pytest.mark.parametrize(("hosts", "federation"), CASES)
def test_no_two_processes_share_a_name_or_a_port(hosts: int, federation: bool) -> None:
    for found in plans(hosts, federation=federation):
        processes = found["processes"]
        assert len({process["name"] for process in processes}) == len(processes)
        for field, main, workers in (
            ("port", 8080, range(8081, 8131)),
            ("replication_port", 9080, range(9081, 9131)),
            ("metrics_port", 9180, range(9181, 9231)),
        ):
            assert len({(process["host"], process[field]) for process in processes}) == len(processes)
            assert processes[0][field] == main
            assert all(process[field] in workers for process in processes[1:])


@pytest.mark.parametrize(("hosts", "federation"), CASES)
def test_sums_are_sums(hosts: int, federation: bool) -> None:
    for found in plans(hosts, federation=federation):
        processes = found["processes"]
        assert found["connections"] == sum(process["database_connections"] for process in processes)
        assert sum(found["memory_mb"].values()) == sum(process["memory_mb"] for process in processes)
        assert set(found["memory_mb"]) == set(found["cores"]) == {process["host"] for process in processes}


@pytest.mark.parametrize(("hosts", "federation"), CASES)
def test_more_users_only_add(hosts: int, federation: bool) -> None:
    for fewer, more in pairwise(plans(hosts, federation=federation)):
        fixed = ("host", "port", "replication_port", "metrics_port")
        assert where(fewer, *fixed).items() <= where(more, *fixed).items()
        assert all(where(fewer, "memory_mb")[name] <= where(more, "memory_mb")[name] for name in where(fewer))
        assert all(fewer["memory_mb"][host] <= more["memory_mb"][host] for host in fewer["memory_mb"])
        assert fewer["connections"] <= more["connections"]
        assert sum(fewer["cores"].values()) <= sum(more["cores"].values()) + hosts


@pytest.mark.parametrize("users", [1, 100, 700, 1000, 4000, 10000])
@pytest.mark.parametrize("federation", [True, False])
def test_a_host_behind_the_second_takes_over_nothing_that_exists_once(users: int, federation: bool) -> None:
    for hosts in (2, 3):
        assert once(plan(users, hosts, federation=federation)) == once(plan(users, hosts + 1, federation=federation))


@pytest.mark.parametrize("users", [100, 1000, 5000, 10000, 20000])
@pytest.mark.parametrize("federation", [True, False])
def test_two_hosts_carry_about_the_same(users: int, federation: bool) -> None:
    low, high = sorted(plan(users, 2, federation=federation)["memory_mb"].values())
    assert high <= 1.4 * low


@pytest.mark.parametrize("hosts", [3, 4])
def test_no_further_host_carries_more_than_the_first_two(hosts: int) -> None:
    for found in plans(hosts, federation=True):
        first, second, *others = found["memory_mb"].values()
        assert max(others) <= 1.1 * max(first, second)
