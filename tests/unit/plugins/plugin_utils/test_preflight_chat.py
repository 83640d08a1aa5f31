"""What would harm a chat server that is there is found before anything changes."""

from __future__ import annotations

from typing import Any

import pytest
from chat_plans import PORTS

from ansible_collections.privatechat.platform.plugins.plugin_utils import _preflight_chat

SETTINGS = {"platform_users": 100, "platform_chat_places": [], "platform_federation": False}


def host(number: int, *running: str, **variables: Any) -> dict[str, Any]:
    note = {"chat_domain": "example.com", "processes": list(running)}
    facts = {"ansible_local": {"privatechat_chat": note}} if running else {}
    return {"ansible_host": f"192.0.2.{number}", "ansible_facts": facts, **variables}


def judged(hosts: dict[str, Any], **settings: Any) -> tuple[dict[str, Any], list[str]]:
    platform = {"tiers": {"chat": {"ports": PORTS}}, "settings": {**SETTINGS, **settings}}
    return _preflight_chat.plan({"chat": list(hosts)}, hosts, platform)


def test_a_host_that_sorts_first_does_not_take_main_and_files_silently() -> None:
    found = judged({"a": host(1), "chat1": host(2, "main", "media1", "generic1")})[1]
    assert len(found) == 2
    assert "'main' runs on host 'chat1' and would move to 'a'" in found[0]
    assert "platform_chat_places to ['chat1']" in found[1]


@pytest.mark.parametrize("places", [["chat1"], ["a"]])
def test_who_names_the_place_is_believed(places: list[str]) -> None:
    hosts = {"a": host(1), "chat1": host(2, "main", "media1")}
    plan, found = judged(hosts, platform_chat_places=places)
    assert found == []
    assert plan["processes"][0]["host"] == places[0]


def test_a_host_that_is_added_behind_is_no_problem() -> None:
    assert judged({"chat1": host(1, "main", "media1", "streams1"), "chat2": host(2)})[1] == []


def test_hosts_with_different_keys_are_named_by_fingerprint_only() -> None:
    secret = {"platform_secret_synapse_signing_key": "ed25519 a_x QUFB"}
    other = {"platform_secret_synapse_signing_key": "ed25519 a_y QkJC"}
    (found,) = judged({"chat1": host(1, **secret), "chat2": host(2, **other)})[1]
    assert "platform_secret_synapse_signing_key is not the same" in found
    assert "on chat1" in found
    assert "QUFB" not in found
    assert "QkJC" not in found


def test_equal_keys_are_no_problem_and_neither_are_those_yet_to_be_made() -> None:
    secret = {"platform_secret_synapse_signing_key": "ed25519 a_x QUFB"}
    assert judged({"chat1": host(1, **secret), "chat2": host(2, **secret)})[1] == []
    assert judged({"chat1": host(1), "chat2": host(2)})[1] == []


def test_more_users_than_there_are_ports_for_is_one_sentence() -> None:
    plan, found = judged({"chat1": host(1)}, platform_users=1_000_000)
    assert plan == _preflight_chat.NOTHING
    assert len(found) == 1
    assert found[0].startswith("Cannot plan the chat server: 1000000 users need ")
