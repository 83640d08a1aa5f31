"""Each process gets what its part in the plan demands, and nothing that another process decides."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from chat_plans import plan

from ansible_collections.privatechat.platform.plugins.plugin_utils import _synapse

DATABASE = {"name": "psycopg2", "args": {"host": "db.example.com"}}


def process(name: str, users: int = 1000) -> dict[str, Any]:
    return next(entry for entry in plan(users)["processes"] if entry["name"] == name)


def settings(name: str, users: int = 1000) -> dict[str, Any]:
    file, _limits = _synapse.process_files([process(name, users)], "/etc/x", DATABASE, 1.0)
    assert file["path"] == f"/etc/x/workers/{name}.yaml"
    loaded: dict[str, Any] = yaml.safe_load(file["content"])
    return loaded


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("generic1", ["client", "health"]),
        ("federation1", ["federation", "health"]),
        ("media1", ["media", "health"]),
        ("streams1", ["client", "health"]),
        ("events1", ["health"]),
        ("pusher1", ["health"]),
    ],
)
def test_a_process_answers_the_kinds_that_it_serves(name: str, names: list[str]) -> None:
    first = settings(name)["worker_listeners"][0]
    assert first["resources"] == [{"names": names}]
    assert first["port"] == process(name)["port"]


def test_a_small_platform_s_generic_process_answers_other_servers_too() -> None:
    assert settings("generic1", 100)["worker_listeners"][0]["resources"] == [
        {"names": ["client", "federation", "health"]}
    ]


def test_who_writes_streams_can_be_called_by_other_processes_and_nobody_else_can() -> None:
    called = {
        name: [entry["port"] for entry in settings(name)["worker_listeners"] if "replication" in str(entry)]
        for name in ("events1", "streams1", "media1", "generic1", "sync2", "pusher1")
    }
    assert called == {
        **{name: [process(name)["replication_port"]] for name in ("events1", "streams1", "media1")},
        **{name: [] for name in ("generic1", "sync2", "pusher1")},
    }


def test_replication_is_apart_from_what_clients_reach() -> None:
    client, replication, metrics = settings("streams1")["worker_listeners"]
    assert "replication" not in client["resources"][0]["names"]
    assert replication["resources"][0]["names"] == ["replication"]
    assert metrics["type"] == "metrics"


def test_a_process_listens_on_its_own_address_only() -> None:
    for listener in settings("streams1")["worker_listeners"]:
        assert listener["bind_addresses"] == [process("streams1")["address"]]


def test_only_media_processes_keep_files() -> None:
    assert settings("media1")["enable_media_repo"] is True
    assert "enable_media_repo" not in settings("generic1")


def test_pool_and_caches_are_the_process_s_own() -> None:
    found = settings("pusher1")
    assert found["database"]["args"] == {"host": "db.example.com", "cp_min": 5, "cp_max": 5}
    limits = found["caches"]["cache_autotuning"]
    assert (limits["max_cache_memory_usage"], limits["target_cache_memory_usage"]) == ("168M", "136M")
    assert DATABASE == {"name": "psycopg2", "args": {"host": "db.example.com"}}


def test_a_process_that_takes_far_too_much_memory_is_slowed_then_ended() -> None:
    (file,) = _synapse.process_files([process("main")], "/etc/x", DATABASE, 1.0)
    assert file["path"] == "/etc/systemd/system/synapse-main.service.d/memory.conf"
    assert file["content"].splitlines()[2:] == ["MemoryHigh=852M", "MemoryMax=1704M"]


def test_a_worker_is_stale_by_its_own_file_and_not_by_those_of_others() -> None:
    main, worker = _synapse.services([process("main"), process("sync1")], "/etc/x", ["/etc/x/all"], "example.com")
    assert main["unit"] == {"name": "synapse-main.service", "restart_on": ["/etc/x/all"]}
    assert worker["unit"]["restart_on"] == ["/etc/x/all", "/etc/x/workers/sync1.yaml"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("main", "/_matrix/client/v3/directory/room/%23verify%3Aexample.com"),
        ("sync1", "/_matrix/client/v3/directory/room/%23verify%3Aexample.com"),
        ("media1", "/_matrix/media/v3/download/example.com/verify"),
        ("pusher1", "/health"),
    ],
)
def test_each_is_asked_what_it_can_answer(name: str, path: str) -> None:
    entry = {**process(name), "address": "2001:db8::1"}
    (service,) = _synapse.services([entry], "/etc/x", [], "example.com")
    assert service["probe"]["url"] == f"http://[2001:db8::1]:{entry['port']}{path}"
    assert service["probe"]["unit"] == service["unit"]["name"]
