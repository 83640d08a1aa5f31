"""A setting that needs a restart reaches all members one at a time, and none after one that does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from threading import Event, Thread
from time import monotonic

import pytest
from testinfra.host import Host
from testkit import etcd, nodes, playbook


class Writer:
    """A client that writes all the time, through whichever member answers."""

    def __init__(self, members: list[Host]) -> None:
        self.at, self.gap, self._stop = monotonic(), 0.0, Event()
        every = ",".join(f"https://{nodes.address(host)}:2379" for host in members)
        self._options = f"--endpoints {every} {etcd.AUTHORITY} {etcd.CERTIFICATE}"
        self._host = members[-1]
        self._thread = Thread(target=self._write)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            command = f"ETCDCTL_API=3 etcdctl --dial-timeout 1s --command-timeout 2s {self._options} put test/all x"
            if self._host.run(command).succeeded:
                self.gap, self.at = max(self.gap, monotonic() - self.at), monotonic()


def moment(host: Host, what: str) -> int:
    """Return a moment of the unit's life in microseconds of the clock that all nodes share."""
    return int(host.check_output("systemctl show --property=%s --value etcd.service", what))


def started(host: Host) -> int:
    """Return when the member's process started."""
    return moment(host, "ExecMainStartTimestampMonotonic")


@pytest.fixture
def broken(members: list[Host]) -> Iterator[Host]:
    """Yield the member that restarts first, which will not start again once it stops."""
    with nodes.no_restart(members[0], "etcd.service") as host:
        yield host


@pytest.mark.fault
def test_all_members_restart_one_after_the_other_while_the_store_takes_writes(
    members: list[Host], pytestconfig: pytest.Config
) -> None:
    before = {nodes.name(host): started(host) for host in members}
    for host in members:
        host.check_output("touch /etc/default/etcd")
    with Writer(members) as writer:
        run = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"))
    assert run.status == 0, run.output
    assert all(started(host) > before[nodes.name(host)] for host in members)
    turns = [(moment(former, "ActiveEnterTimestampMonotonic"), started(host)) for former, host in pairwise(members)]
    assert all(served < began for served, began in turns), "two were away at once, or they took turns in disorder"
    print(f"the longest time without a write was {writer.gap:.1f} s")
    assert 0 < writer.gap < 10


@pytest.mark.fault
def test_the_play_stops_at_the_first_member_that_does_not_come_back(
    members: list[Host], broken: Host, pytestconfig: pytest.Config
) -> None:
    rest = {host: started(host) for host in members if host is not broken}
    for host in members:
        host.check_output("touch /etc/default/etcd")
    run = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"))
    assert run.status != 0
    assert f"fatal: [{nodes.name(broken)}]" in run.output
    assert {host: started(host) for host in rest} == rest, "a member restarted after one that had not come back"
    assert all(etcd.writes(host, "without-the-first") for host in rest)


@pytest.mark.fault
def test_the_next_run_ends_what_a_stopped_one_began(members: list[Host], pytestconfig: pytest.Config) -> None:
    before = {nodes.name(host): started(host) for host in members}
    run = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"))
    assert run.status == 0, run.output
    assert all(started(host) > before[nodes.name(host)] for host in members[1:])
    again = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"))
    assert (again.status, again.changed_tasks) == (0, [])
