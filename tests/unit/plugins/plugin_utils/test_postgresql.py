"""Settings fit the machine, agree with each other, and bear all sessions of the clients."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils import _preflight_chat
from ansible_collections.privatechat.platform.plugins.plugin_utils._postgresql import (
    RESERVE,
    SESSION_MB,
    connection_problems,
    connections,
    settings,
)
from ansible_collections.privatechat.platform.plugins.plugin_utils._preflight import problems

MACHINE = {
    "memory_mb": 16384,
    "cores": 8,
    "disk_kind": "ssd",
    "disk_gb": 200,
    "client_connections": 200,
    "max_connections": 0,
}
SIZES = [
    {**MACHINE, "memory_mb": memory, "cores": cores, "disk_kind": kind, "disk_gb": disk, "client_connections": clients}
    for memory, cores, kind, disk, clients in product(
        [512, 819, 4096, 262144], [1, 2, 5, 64], ["ssd", "hdd"], [5, 10, 4000], [0, 60, 900]
    )
]


def megabytes(found: dict[str, Any], name: str) -> int:
    text = str(found[name])
    assert text.endswith("MB"), text
    return int(text.removesuffix("MB"))


def test_a_known_machine_gets_the_figures_of_the_sources() -> None:
    assert settings(MACHINE) == {
        "max_connections": 220,
        "shared_buffers": "4096MB",
        "effective_cache_size": "12288MB",
        "work_mem": "17MB",
        "maintenance_work_mem": "1024MB",
        "wal_buffers": "16MB",
        "max_wal_size": "8192MB",
        "min_wal_size": "2048MB",
        "checkpoint_completion_target": 0.9,
        "max_slot_wal_keep_size": "51200MB",
        "max_worker_processes": 8,
        "max_parallel_workers": 8,
        "max_parallel_workers_per_gather": 4,
        "max_parallel_maintenance_workers": 4,
        "random_page_cost": 1.1,
        "effective_io_concurrency": 200,
        "autovacuum_vacuum_cost_limit": 1000,
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
    }


@pytest.mark.parametrize("machine", SIZES)
def test_every_machine_gets_settings_that_go_together(machine: dict[str, Any]) -> None:
    found = settings(machine)
    assert megabytes(found, "shared_buffers") * 4 <= machine["memory_mb"]
    assert megabytes(found, "effective_cache_size") < machine["memory_mb"]
    assert 64 <= megabytes(found, "maintenance_work_mem") <= 2048
    assert megabytes(found, "work_mem") >= 4
    assert megabytes(found, "min_wal_size") < megabytes(found, "max_wal_size")
    assert megabytes(found, "max_wal_size") <= megabytes(found, "max_slot_wal_keep_size")
    assert megabytes(found, "max_slot_wal_keep_size") <= machine["disk_gb"] * 1024 // 4
    assert found["max_parallel_workers_per_gather"] <= found["max_parallel_workers"] <= found["max_worker_processes"]
    assert found["max_connections"] >= machine["client_connections"] + RESERVE


def test_a_spinning_disk_makes_jumps_dear() -> None:
    found = settings({**MACHINE, "disk_kind": "hdd"})
    assert found["random_page_cost"] == 4
    assert found["effective_io_concurrency"] < settings(MACHINE)["effective_io_concurrency"]


def test_numbers_may_come_as_texts_from_the_command_line() -> None:
    assert settings({name: str(value) for name, value in MACHINE.items()}) == settings(MACHINE)


def test_an_unknown_kind_of_disk_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no disk kind 'tape'.*ssd, hdd"):
        settings({**MACHINE, "disk_kind": "tape"})


@pytest.mark.parametrize(("clients", "expected"), [(0, 100), (80, 100), (81, 110), (200, 220), (201, 230)])
def test_sessions_are_enough_for_clients_and_reserve(clients: int, expected: int) -> None:
    assert connections(clients) == expected
    assert list(connection_problems(clients, 0)) == []


def test_a_limit_of_the_operator_counts() -> None:
    assert connections(60, 80) == 80
    assert list(connection_problems(60, 80)) == []


def test_a_limit_below_the_clients_is_refused_with_both_numbers() -> None:
    (problem,) = connection_problems(240, 200)
    assert "postgresql_max_connections 200" in problem
    assert "240 sessions" in problem
    assert "260 or more" in problem
    with pytest.raises(ValueError, match="260 or more"):
        settings({**MACHINE, "client_connections": 240, "max_connections": 200})


@pytest.mark.parametrize(("limit", "refused"), [(0, False), ("200", True), (260, False)])
def test_preflight_compares_the_limit_with_all_clients(
    limit: Any, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {**_preflight_chat.NOTHING, "connections": 240}
    monkeypatch.setattr(_preflight_chat, "plan", lambda *_: (made, []))
    times = {"asked": [], "began": 0.0, "ended": 0.0}
    names = (
        "domain",
        "public_name",
        "public_address",
        "certificate_source",
        "internal_domain",
        "admin_user",
        "monitoring_user",
    )
    nothing = {f"platform_{name}": "" for name in (*names, "chat_domain", "floating_address")}
    tables = {"tiers": {}, "flows": [], "settings": {**nothing, "platform_users": 100}, "secrets_file": ""}
    found = problems({}, {}, {**tables, **times, "max_connections": limit})
    assert any("postgresql_max_connections 200" in problem for problem in found) is refused


def test_sessions_that_do_not_fit_into_memory_are_refused_where_memory_is_known() -> None:
    room = 4 * 220 * SESSION_MB // 3 + 4
    assert list(connection_problems(200, 0, room)) == []
    (problem,) = connection_problems(200, 0, room // 2)
    assert f"220 sessions in memory: they take {220 * SESSION_MB} MiB" in problem
