"""What the inventory says of a host or tier reaches the roles that have to know it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from render import rendering

MEMORY = {"postgresql_memory_mb": 819, "redis_maxmemory_mb": 98, "rabbitmq_memory_mb": 257}


def wiring(*names: str) -> dict[str, Any]:
    """Return the plays' variables as they are written."""
    known: dict[str, Any] = {"groups": {}, "hostvars": {}}
    for name in ("platform", *names):
        known |= rendering.load(f"playbooks/vars/{name}.yml")
    return known


def computed(value: Any, known: dict[str, Any]) -> Any:
    """Return a value as a host with these variables reads it."""
    return Templar(loader=DataLoader(), variables=known).template(value)


def memory(**given: int) -> dict[str, int]:
    """Return the memory that the topology's play gives to the tiers of a host."""
    (play,) = rendering.load("playbooks/topology.yml")
    (task,) = (task for task in play["tasks"] if task["name"] == "Give the tiers their memory")
    found = computed(task["ansible.builtin.set_fact"], {**wiring("postgresql", "redis", "rabbitmq"), **given})
    return {name: int(value) for name, value in found.items()}


def test_tiers_have_the_memory_that_the_number_of_users_asks_for() -> None:
    assert memory() == MEMORY


@pytest.mark.parametrize("name", MEMORY)
def test_memory_that_the_inventory_gives_comes_first(name: str) -> None:
    assert memory(**{name: 16384}) == {**MEMORY, name: 16384}


@pytest.mark.parametrize(
    ("chat", "limit", "federation"),
    [({}, 50, False), ({"synapse_max_upload_mb": 200, "synapse_federation_domains": ["example.org"]}, 200, True)],
)
def test_other_tiers_know_what_is_set_for_chat_hosts_alone(chat: dict[str, Any], limit: int, federation: bool) -> None:
    known = wiring("edge") | {"groups": {"chat": ["chat2", "chat1"]}, "hostvars": {"chat1": chat, "chat2": chat}}
    assert computed(known["haproxy_edge_max_upload_mb"], known) == limit
    assert computed(known["platform_settings"]["platform_federation"], known) is federation


@pytest.mark.parametrize("name", ["users_purge", "users_tokens_purge"])
def test_a_purge_may_be_asked_for_with_a_word(name: str) -> None:
    known = wiring("users")
    asked = {"platform_people_purge": "true", "platform_registration_tokens_purge": "true"}
    assert [computed(known[name], {**known, **given}) for given in ({}, asked)] == [False, True]
