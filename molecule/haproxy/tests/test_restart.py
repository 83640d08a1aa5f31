"""A change of the unit reaches one balancer after the other, and none after one that does not come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testinfra.host import Host
from testkit import nodes, wait
from testkit.playbook import play

testinfra_hosts = ["ansible://edge[0]"]
DROP_INS = "/etc/systemd/system/haproxy.service.d"


@pytest.fixture
def inventory(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("ansible_inventory"))


@pytest.fixture
def edges(pytestconfig: pytest.Config) -> list[Host]:
    return nodes.of(pytestconfig, "edge")


@pytest.fixture
def broken(edges: list[Host]) -> Iterator[Host]:
    """Yield the edge that restarts first, which will not start again once it stops."""
    with nodes.no_restart(edges[0], "haproxy.service") as host:
        yield host
    nodes.start([host], "haproxy.service")
    wait.service_runs(host, "haproxy.service", seconds=30)


def process(host: Host) -> str:
    """Return which process is HAProxy; 0 for none."""
    return host.check_output("systemctl show --property=MainPID --value haproxy").strip()


@pytest.mark.fault
def test_the_play_stops_at_the_first_balancer_that_does_not_come_back(
    inventory: str, edges: list[Host], broken: Host
) -> None:
    rest = {host: process(host) for host in edges if host is not broken}
    assert rest
    for host in edges:
        host.check_output("touch %s/50-privatechat.conf", DROP_INS)
    run = play("topology haproxy", inventory)
    assert run.status != 0
    assert f"fatal: [{nodes.name(broken)}]" in run.output
    assert {host: process(host) for host in rest} == rest, "a balancer restarted after one that had not come back"


@pytest.mark.fault
def test_the_next_run_ends_what_a_stopped_one_began(inventory: str, edges: list[Host]) -> None:
    before = [process(host) for host in edges]
    run = play("topology edge", inventory)
    assert run.status == 0, run.output[-4000:]
    assert len(run.changed_tasks) == len(edges) - 1, run.changed_tasks
    # The first has started since with what all of them shall run with.
    now = [process(host) for host in edges]
    assert [old != new for old, new in zip(before, now, strict=True)] == [False] + [True] * (len(edges) - 1)
    assert "0" not in now
