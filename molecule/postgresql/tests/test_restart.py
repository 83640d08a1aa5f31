"""A setting that needs a restart reaches all members one at a time, and none after one that does not come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host
from testkit import nodes
from testkit.playbook import Run
from testkit.postgresql import Writer, administer, ask, primary_of


def buffers(value: str) -> list[str]:
    """Return the arguments that set a parameter which PostgreSQL reads at start only."""
    return ["-e", json.dumps({"postgresql_parameters": {"wal_buffers": value}})]


def runs_with(members: list[Host]) -> list[str]:
    """Return what each member runs with."""
    return [administer(host, "SHOW wal_buffers") for host in members]


def started(host: Host) -> float:
    """Return when PostgreSQL started, in seconds since 1970."""
    return float(administer(host, "SELECT extract(epoch FROM pg_postmaster_start_time())"))


@pytest.fixture
def broken(replicas: list[Host]) -> Iterator[Host]:
    """Yield the replica that restarts first, which will not start again once it stops."""
    with nodes.no_restart(replicas[0], "patroni.service") as host:
        yield host


@pytest.mark.fault
def test_all_members_restart_one_at_a_time_while_the_service_takes_writes(
    members: list[Host], primary: Host, writer: Writer, play: Callable[..., Run]
) -> None:
    before = {nodes.name(host): started(host) for host in members}
    run = play(*buffers("8MB"))
    assert run.status == 0, run.output
    assert runs_with(members) == ["8MB"] * len(members)
    assert not any(ask(host, "/patroni")[1].get("pending_restart") for host in members)
    after = sorted((started(host), nodes.name(host)) for host in members)
    assert all(moment > before[name] for moment, name in after)
    assert after[-1][1] == nodes.name(primary), "the primary was not the last"
    assert primary_of(members) is primary
    print(f"the longest time without a write was {writer.longest_gap():.1f} s")
    assert writer.longest_gap() < 30
    assert writer.lost(primary_of(members)) == set()
    again = play(*buffers("8MB"))
    assert (again.status, again.changed_tasks) == (0, [])


@pytest.mark.fault
def test_the_play_stops_at_the_first_member_that_does_not_come_back(
    members: list[Host], broken: Host, writer: Writer, play: Callable[..., Run]
) -> None:
    rest = {host: started(host) for host in members if host is not broken}
    run = play(*buffers("4MB"))
    assert run.status != 0
    assert f"fatal: [{nodes.name(broken)}]" in run.output
    assert {host: started(host) for host in rest} == rest, "a member restarted after one that had not come back"
    assert all(ask(host, "/patroni")[1]["pending_restart"] for host in rest)
    writer.acknowledged(more_than=len(writer.acknowledged()) + 20)


@pytest.mark.fault
def test_the_next_run_ends_what_a_stopped_one_began_and_the_primary_hands_over_before_patroni_restarts(
    members: list[Host], primary: Host, writer: Writer, play: Callable[..., Run]
) -> None:
    for host in members:
        host.check_output("touch /etc/patroni/secrets.env")
    run = play()
    assert run.status == 0, run.output
    assert runs_with(members) == ["16MB"] * len(members)
    assert primary_of(members) is not primary
    print(f"the longest time without a write was {writer.longest_gap():.1f} s")
    assert writer.longest_gap() < 30
    assert writer.lost(primary_of(members)) == set()
