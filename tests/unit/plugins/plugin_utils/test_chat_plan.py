"""The plan of chat processes: what the presets are, and what holds for every number of users and hosts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils import _chat_plan
from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_plan import STATELESS, STREAM_KINDS, STREAMS

PORTS = {
    "main": 8080,
    "workers": "8081-8130",
    "replication_main": 9080,
    "replication_workers": "9081-9130",
    "metrics_main": 9180,
    "metrics_workers": "9181-9230",
}
NUMBERS = [*range(1, 1200, 37), 100, 500, 550, 1000, *range(1200, 20001, 613), 2500, 10000, 20000]
CASES = [(hosts, federation) for hosts in (1, 2, 3, 4) for federation in (True, False)]
Plan = dict[str, Any]


def plan(users: int, hosts: int = 2, *, federation: bool = True, names: tuple[str, ...] = (), **more: Any) -> Plan:
    """Return a plan for hosts chat1, chat2 and so on."""
    found = names or tuple(f"chat{number}" for number in range(1, hosts + 1))
    members = [{"name": name, "address": f"192.0.2.{number}"} for number, name in enumerate(found, start=1)]
    return _chat_plan.build(members, users, PORTS, federation=federation, **more)


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


@pytest.mark.parametrize(
    ("users", "hosts", "names"),
    [
        (100, 1, "main streams1 generic1 media1"),
        (100, 2, "main streams1 generic1 generic2 media1"),
        (
            1000,
            1,
            "main events1 events2 streams1 background1 generic1 initial_sync1 media1 pusher1 rooms1 sso1 sync1 "
            "user_directory1",
        ),
    ],
)
def test_the_presets_without_federation(users: int, hosts: int, names: str) -> None:
    assert [process["name"] for process in plan(users, hosts, federation=False)["processes"]] == names.split()


def test_federation_brings_processes_of_its_own() -> None:
    with_it, without = plan(1000)["processes"], plan(1000, federation=False)["processes"]
    added = {process["name"] for process in with_it} - {process["name"] for process in without}
    assert added == {"federation1", "federation2", "federation_sender1"}


def test_ten_thousand_users_have_every_kind_apart() -> None:
    kinds = Counter(process["name"].rstrip("-0123456789") for process in plan(10000, 2)["processes"])
    assert kinds == {
        **{"main": 1, "streams": 1, "media": 2, "events": 4, "generic": 4, "sync": 4, "initial_sync": 2, "rooms": 3},
        **{"federation": 2, "federation_inbound": 2, "federation_sender": 2, "pusher": 2, "background": 1},
        **{"user_directory": 1, "sso": 1, "account_data": 1, "device_lists": 1, "presence": 1, "receipts": 1},
        **{"to_device": 1, "typing": 1},
    }


def test_small_platforms_keep_house_keeping_on_main_and_notifications_off_it() -> None:
    duties = where(plan(100), "duties")
    assert duties["main"] == (["background_tasks", "notify_appservices", "user_directory"],)
    assert duties["streams1"] == (["pusher", "federation_sender"],)


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


def test_a_second_host_leaves_main_and_files_where_they_are() -> None:
    alone, pair = once(plan(10000, 1)), once(plan(10000, 2))
    assert {alone[name][0] for name in alone} == {"chat1"}
    assert all(pair[name][0] == "chat1" for name in ("main", "media1", "media2", "background1"))
    assert all(pair[name][0] == "chat2" for name in ("streams1", "events1", "presence1", "sso1"))


def test_named_places_keep_main_from_a_host_that_sorts_before() -> None:
    found = plan(100, names=("a", "chat1", "chat2"), places=["chat1", "chat2"])
    assert once(found).keys() == {"main", "streams1", "media1"}
    assert {name: place[0] for name, place in once(found).items()} == {
        **{"main": "chat1", "media1": "chat1", "streams1": "chat2"},
    }


def test_an_unknown_place_is_refused_with_the_hosts_there_are() -> None:
    with pytest.raises(_chat_plan.ChatPlanError, match="names 'chat9'.*it has chat1, chat2"):
        plan(100, places=["chat9"])


def test_hosts_are_counted_as_people_count() -> None:
    found = plan(100, names=("chat10", "chat2", "chat9"))
    assert where(found, "host")["main"] == ("chat2",)
    assert where(found, "host")["streams1"] == ("chat9",)


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


def test_main_starts_first_and_writers_before_others() -> None:
    processes = plan(10000)["processes"]
    writing = [bool(set(process["streams"]) & set(STREAMS)) for process in processes[1:]]
    assert processes[0]["name"] == "main"
    assert writing == sorted(writing, reverse=True)


def test_too_many_processes_for_the_ports_are_refused() -> None:
    with pytest.raises(_chat_plan.ChatPlanError, match=r"on the chat host 'chat1'.*50 ports.*Add hosts"):
        plan(100_000, 2)
