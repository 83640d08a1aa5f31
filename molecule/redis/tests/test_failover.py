"""What survives the loss of a member, and that the playbook leaves in place what Sentinel decided."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from testkit import wait
from testkit.playbook import Run, play
from testkit.redis import Member, Members

UNITS = "redis-server.service redis-sentinel.service"
KEY = "test:kept"


@pytest.fixture
def converge(pytestconfig: pytest.Config) -> Callable[[], Run]:
    """Return a function that runs the tier's playbook."""
    inventory = pytestconfig.getoption("ansible_inventory")
    return lambda: play("topology redis", inventory)


def restarted(member: Member, process: str) -> bool:
    """Tell whether the member answers as another process than this one."""
    return member.ask("PING") == "+PONG\r\n" and member.process() != process


@pytest.mark.fault
def test_each_member_comes_back_after_a_crash(members: Members) -> None:
    for member in members:
        process = member.process()
        member.host.check_output("kill -KILL %s", process)
        wait.until(partial(restarted, member, process), what=f"{member.name} answering again")
        assert members.primary()


def test_another_member_takes_over_and_the_old_primary_returns_as_a_replica(members: Members) -> None:
    old = members.primary()
    members.keep(KEY, "before")
    processes = f"{old.process()} {old.process('redis-sentinel.service')}"
    old.host.check_output(f"systemctl mask --runtime {UNITS} && kill -KILL {processes}")
    try:
        new = members.primary(without=old.name)
        assert new.name != old.name
        assert new.has(KEY, "before")
        members.keep(KEY, "after", without=old.name)
    finally:
        old.host.check_output(f"systemctl unmask --runtime {UNITS} && systemctl restart {UNITS}")
    assert members.primary().name == new.name
    assert old.has(KEY, "after")


def test_a_run_after_a_failover_changes_nothing(members: Members, converge: Callable[[], Run]) -> None:
    primary = members.primary().name
    run = converge()
    assert (run.status, run.changed, run.changed_tasks) == (0, 0, []), run.output
    assert members.primary().name == primary


@pytest.mark.fault
def test_a_member_that_lost_its_data_comes_back_as_a_replica(members: Members, converge: Callable[[], Run]) -> None:
    members.keep(KEY, "whole")
    # The first by name: it is the one that would begin a replication of its own.
    lost = next(iter(members))
    lost.host.check_output(f"systemctl stop {UNITS}")
    lost.host.check_output("find /var/lib/redis -type f -delete")
    run = converge()
    assert run.status == 0, run.output
    assert not [line for line in run.output.splitlines() if line.startswith("changed: ") and lost.name not in line]
    assert members.primary().name != lost.name
    assert all(member.has(KEY, "whole") for member in members)


@pytest.mark.fault
def test_members_with_newer_configuration_restart_in_turn_and_nothing_is_lost(
    members: Members, converge: Callable[[], Run]
) -> None:
    members.keep(KEY, "throughout")
    old = members.primary()
    processes = {member.name: member.process() for member in members}
    for member in members:
        member.host.check_output("touch /etc/redis/platform.conf")
    run = converge()
    assert run.status == 0, run.output
    assert members.primary().name != old.name
    assert all(member.process() != processes[member.name] and member.has(KEY, "throughout") for member in members)
