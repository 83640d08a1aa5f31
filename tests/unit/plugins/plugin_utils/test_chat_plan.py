"""The plan of chat processes: what the presets are, where processes go, and what is refused."""

from __future__ import annotations

from collections import Counter

import pytest
from chat_plans import once, plan, where

from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_kinds import STREAMS
from ansible_collections.privatechat.platform.plugins.plugin_utils._chat_plan import ChatPlanError

SPLIT = """
    main events1 events2 streams1
    background1 generic1 initial_sync1 media1 pusher1 rooms1 sso1 sync1 user_directory1
"""


@pytest.mark.parametrize(
    ("users", "hosts", "names"),
    [
        (100, 1, "main streams1 generic1 media1"),
        (100, 2, "main streams1 generic1 generic2 media1"),
        (1000, 1, SPLIT),
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
        "main": 1,
        "streams": 1,
        "media": 2,
        "events": 4,
        "generic": 4,
        "sync": 4,
        "initial_sync": 2,
        "rooms": 3,
        "federation": 2,
        "federation_inbound": 2,
        "federation_sender": 2,
        "pusher": 2,
        "background": 1,
        "user_directory": 1,
        "sso": 1,
        "account_data": 1,
        "device_lists": 1,
        "presence": 1,
        "receipts": 1,
        "to_device": 1,
        "typing": 1,
    }


def test_small_platforms_keep_house_keeping_on_main_and_notifications_off_it() -> None:
    duties = where(plan(100), "duties")
    assert duties["main"] == (["background_tasks", "notify_appservices", "user_directory"],)
    assert duties["streams1"] == (["pusher", "federation_sender"],)


def test_a_second_host_leaves_main_and_files_where_they_are() -> None:
    alone, pair = once(plan(10000, 1)), once(plan(10000, 2))
    assert {alone[name][0] for name in alone} == {"chat1"}
    assert all(pair[name][0] == "chat1" for name in ("main", "media1", "media2", "background1"))
    assert all(pair[name][0] == "chat2" for name in ("streams1", "events1", "presence1", "sso1"))


def test_named_places_keep_main_from_a_host_that_sorts_before() -> None:
    found = plan(100, names=("a", "chat1", "chat2"), places=["chat1", "chat2"])
    assert once(found).keys() == {"main", "streams1", "media1"}
    assert {name: place[0] for name, place in once(found).items()} == {
        "main": "chat1",
        "media1": "chat1",
        "streams1": "chat2",
    }


def test_an_unknown_place_is_refused_with_the_hosts_there_are() -> None:
    with pytest.raises(ChatPlanError, match=r"names 'chat9'.*it has chat1, chat2"):
        plan(100, places=["chat9"])


def test_hosts_are_counted_as_people_count() -> None:
    found = plan(100, names=("chat10", "chat2", "chat9"))
    assert where(found, "host")["main"] == ("chat2",)
    assert where(found, "host")["streams1"] == ("chat9",)


def test_main_starts_first_and_writers_before_others() -> None:
    processes = plan(10000)["processes"]
    writing = [bool(set(process["streams"]).intersection(STREAMS)) for process in processes[1:]]
    assert processes[0]["name"] == "main"
    assert writing == sorted(writing, reverse=True)


def test_too_many_processes_for_the_ports_are_refused() -> None:
    with pytest.raises(ChatPlanError, match=r"on the chat host 'chat1'.*50 ports.*Add hosts"):
        plan(100_000, 2)
