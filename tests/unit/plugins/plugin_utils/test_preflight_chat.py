"""What would harm a chat server that is there is found before anything changes."""

from __future__ import annotations

from typing import Any

import pytest
from chat_plans import PORTS

from ansible_collections.privatechat.platform.plugins.plugin_utils import _preflight_chat
from house import tree

SETTINGS = {"platform_users": 100, "platform_chat_places": [], "platform_federation": False}
SHARED = tree.load("playbooks/vars/secrets.yml")["__secrets_shared"]
ALONE = {"main": "chat1", "media1": "chat1", "streams1": "chat1"}
PAIR = {**ALONE, "streams1": "chat2"}


def host(number: int, **homes: str) -> dict[str, Any]:
    """Return a host that has noted these homes of processes, or nothing yet."""
    note = {"chat_domain": "example.com", "homes": homes}
    facts = {"ansible_local": {"privatechat_chat": note}} if homes else {}
    return {"ansible_host": f"192.0.2.{number}", "ansible_facts": facts}


def judged(hosts: dict[str, Any], chat: list[str] | None = None, **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """Return plan and problems where these hosts are the group chat, or all of them are."""
    platform = {
        "tiers": {"chat": {"ports": PORTS}},
        "settings": {**SETTINGS, **settings},
        "asked": [name for name in hosts if name != "left-out"],
        "shared_secrets": SHARED,
    }
    return _preflight_chat.plan({"chat": chat or list(hosts)}, hosts, platform)


def test_a_host_that_sorts_first_does_not_take_main_and_files_silently() -> None:
    found = judged({"a": host(1), "chat1": host(2, **ALONE)})[1]
    assert len(found) == 2
    assert "'main' runs on host 'chat1' and would move to 'a'" in found[0]
    assert "platform_chat_places to ['chat1']" in found[1]


@pytest.mark.parametrize("places", [["chat1"], ["a"]])
def test_who_names_the_place_is_believed(places: list[str]) -> None:
    hosts = {"a": host(1), "chat1": host(2, **ALONE)}
    plan, found = judged(hosts, platform_chat_places=places)
    assert found == []
    assert plan["processes"][0]["host"] == places[0]


def test_a_host_that_is_added_behind_is_no_problem() -> None:
    assert judged({"chat1": host(1, **ALONE), "chat2": host(2)})[1] == []


def test_a_host_that_is_gone_does_not_take_main_and_files_silently() -> None:
    found = judged({"chat2": host(2, **PAIR), "chat3": host(3, **PAIR)})[1]
    assert len(found) == 2
    assert "'main' runs on host 'chat1' and would move to 'chat2'; files" in found[0]
    assert "'chat1' is not in the group 'chat': put it back" in found[0]
    assert "platform_chat_places to ['chat2']" in found[0]


def test_a_host_that_is_gone_is_gone_where_the_place_is_named() -> None:
    """As the runbook of a lost chat host says."""
    plan, found = judged({"chat2": host(2, **PAIR)}, platform_chat_places=["chat2"])
    assert found == []
    assert {process["host"] for process in plan["processes"]} == {"chat2"}


def test_the_note_of_a_host_that_left_the_group_counts_where_no_other_has_one() -> None:
    left, fresh, moved = host(1, **ALONE), host(2), host(2, main="chat2", media1="chat2")
    assert len(judged({"chat1": left, "chat2": fresh}, ["chat2"])[1]) == 2
    assert judged({"chat1": left, "chat2": moved}, ["chat2"])[1] == []


@pytest.mark.parametrize(
    "part",
    ["signing_key", "macaroon_secret_key", "form_secret", "registration_shared_secret", "worker_replication_secret"],
)
def test_hosts_with_different_secrets_are_named_by_fingerprint_only(part: str) -> None:
    name = f"platform_secret_synapse_{part}"
    secrets = [{name: "ed25519 a_x QUFB"}, {name: "ed25519 a_y QkJC"}]
    (found,) = judged({"chat1": {**host(1), **secrets[0]}, "chat2": {**host(2), **secrets[1]}})[1]
    assert f"{name} is not the same" in found
    assert "on chat1" in found
    assert "QUFB" not in found
    assert "QkJC" not in found


def test_equal_keys_are_no_problem_and_neither_are_those_yet_to_be_made() -> None:
    secret = {"platform_secret_synapse_signing_key": "ed25519 a_x QUFB"}
    assert judged({"chat1": {**host(1), **secret}, "chat2": {**host(2), **secret}})[1] == []
    assert judged({"chat1": host(1), "chat2": host(2)})[1] == []


def test_a_host_outside_of_the_run_is_judged_by_what_is_known_of_it() -> None:
    """Secrets of a file outside the inventory are given to the hosts of the run only."""
    name = "platform_secret_synapse_signing_key"
    inside = {"chat1": {**host(1), name: "ed25519 a_x QUFB"}}
    assert judged({**inside, "left-out": host(2)})[1] == []
    (found,) = judged({**inside, "left-out": {**host(2), name: "ed25519 a_y QkJC"}})[1]
    assert f"{name} is not the same" in found


def test_more_users_than_there_are_ports_for_is_one_sentence() -> None:
    plan, found = judged({"chat1": host(1)}, platform_users=1_000_000)
    assert plan == _preflight_chat.NOTHING
    assert len(found) == 1
    assert found[0].startswith("Cannot plan the chat server: 1000000 users need ")
