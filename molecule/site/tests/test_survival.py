"""A member of each tier is lost while people talk: talk goes on, and what was acknowledged arrives."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from testkit import nodes, postgresql, wait
from testkit.edges import holders
from testkit.playbook import ROOT, play
from testkit.prober import Prober
from testkit.redis import Members

INVENTORY = ROOT / ".lab/inventory"
REDIS_UNITS = "redis-server.service redis-sentinel.service"


@pytest.fixture(scope="module", autouse=True)
def somebody_takes_over(topology: dict[str, Any]) -> None:
    """Leave inventories alone in which a machine has no other of its kind."""
    alone = [name for name in ("edge", "postgresql", "redis") if len(topology["tiers"][name]["members"]) < 2]
    if alone:
        pytest.skip(f"nobody takes over in tiers of one member: {', '.join(alone)}")


@pytest.fixture
def talk(service: Any, new_person: Callable[[], Any]) -> Iterator[Prober]:
    """Yield two people who talk; nothing that was acknowledged may be missing in the end."""
    with Prober(service.ask_as, new_person(), new_person()) as prober:
        yield prober
        prober.assert_talk()
        prober.assert_nothing_lost()


def lab(command: str, *words: str) -> None:
    """Do something to the machines themselves."""
    subprocess.run([sys.executable, ROOT / "tools/lab", command, "-i", INVENTORY, *words], check=True)


def test_talk_survives_the_database_s_primary(talk: Prober, pytestconfig: pytest.Config) -> None:
    members = nodes.of(pytestconfig, "postgresql")
    primary = postgresql.primary_of(members)
    nodes.kill(primary, "patroni.service")
    try:
        others = [host for host in members if host is not primary]
        assert nodes.name(postgresql.primary_of(others)) != nodes.name(primary)
        talk.assert_talk()
    finally:
        nodes.start([primary], "patroni.service")
        postgresql.in_step(members)


def test_talk_survives_the_cache_s_primary(talk: Prober, pytestconfig: pytest.Config) -> None:
    members = Members({nodes.name(host): host for host in nodes.of(pytestconfig, "redis")})
    old = members.primary()
    processes = f"{old.process()} {old.process('redis-sentinel.service')}"
    old.host.check_output(f"systemctl mask --runtime {REDIS_UNITS} && kill -KILL {processes}")
    try:
        assert members.primary(without=old.name).name != old.name
        talk.assert_talk()
    finally:
        old.host.check_output(f"systemctl unmask --runtime {REDIS_UNITS} && systemctl restart {REDIS_UNITS}")
        members.primary()


def test_talk_survives_the_machine_that_holds_the_public_address(
    talk: Prober, service: Any, pytestconfig: pytest.Config
) -> None:
    edges = nodes.of(pytestconfig, "edge")
    (holder,) = holders(edges, service.address)
    lab("kill", nodes.name(holder))
    try:
        others = [host for host in edges if host is not holder]
        wait.until(partial(holders, others, service.address), what="another edge holding the address")
        talk.assert_talk()
    finally:
        lab("up")
        wait.service_runs(holder, "keepalived.service", seconds=120)


def test_the_platform_is_whole_again_without_anybody_s_help() -> None:
    run = play("site", INVENTORY)
    assert run.status == 0, run.output[-4000:]
    assert run.changed_tasks == []
