"""A member of each tier is lost while people talk: talk goes on, and what was acknowledged arrives.

That the platform is whole again without anybody's help is what the tests after these find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from testkit import leaders, nodes, wait
from testkit.edges import holders
from testkit.playbook import ROOT
from testkit.prober import Prober

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


def test_talk_survives_the_database_s_primary(talk: Prober, pytestconfig: pytest.Config) -> None:
    members = nodes.of(pytestconfig, "postgresql")
    primary = leaders.of_database(members)
    nodes.kill(primary, "patroni.service")
    try:
        leaders.of_database([host for host in members if host is not primary])
        talk.assert_talk()
    finally:
        nodes.start([primary], "patroni.service")
        leaders.of_database(members)


def test_talk_survives_the_cache_s_primary(talk: Prober, pytestconfig: pytest.Config) -> None:
    members = nodes.of(pytestconfig, "redis")
    primary = leaders.of_cache(members)
    primary.check_output(f"systemctl mask --runtime {REDIS_UNITS}")
    primary.check_output(f"systemctl kill --signal=KILL {REDIS_UNITS}")
    try:
        leaders.of_cache([host for host in members if host is not primary])
        talk.assert_talk()
    finally:
        primary.check_output(f"systemctl unmask --runtime {REDIS_UNITS} && systemctl restart {REDIS_UNITS}")
        leaders.of_cache(members)


def test_talk_survives_the_machine_that_holds_the_public_address(
    talk: Prober, service: Any, pytestconfig: pytest.Config
) -> None:
    edges = nodes.of(pytestconfig, "edge")
    (holder,) = holders(edges, service.address)
    nodes.lab("kill", INVENTORY, nodes.name(holder))
    try:
        others = [host for host in edges if host is not holder]
        wait.until(partial(holders, others, service.address), what="another edge holding the address")
        talk.assert_talk()
    finally:
        nodes.lab("up", INVENTORY)
        wait.service_runs(holder, "keepalived.service", seconds=120)
