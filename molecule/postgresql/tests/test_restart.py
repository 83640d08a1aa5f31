"""A setting that needs a restart reaches all members one at a time, and none after one that does not come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host
from testkit import nodes
from testkit.playbook import Run
from testkit.postgresql import Writer, administer, ask, in_step, primary_of

DROP_IN = "/run/systemd/system/patroni.service.d"


def locks(value: int | None) -> list[str]:
    """Return the arguments that set a parameter which PostgreSQL reads at start only; None takes it back."""
    return ["-e", json.dumps({"postgresql_parameters": {"max_locks_per_transaction": value}})]


def started(host: Host) -> float:
    """Return when PostgreSQL started, in seconds since 1970."""
    return float(administer(host, "SELECT extract(epoch FROM pg_postmaster_start_time())"))


@pytest.fixture
def broken(replicas: list[Host]) -> Iterator[Host]:
    """Yield the replica that restarts first, which will not start again once it stops."""
    host = replicas[0]
    host.check_output(
        "mkdir -p %s && printf '[Service]\\nExecStartPre=/bin/false\\n' > %s/zz-broken.conf", DROP_IN, DROP_IN
    )
    yield host
    host.check_output("rm %s/zz-broken.conf && systemctl daemon-reload", DROP_IN)


def test_all_members_restart_one_at_a_time_while_the_service_takes_writes(
    members: list[Host], primary: Host, writer: Writer, play: Callable[..., Run]
) -> None:
    before = {nodes.name(host): started(host) for host in members}
    run = play(*locks(96))
    assert run.status == 0, run.output
    assert [administer(host, "SHOW max_locks_per_transaction") for host in members] == ["96"] * len(members)
    assert not any(ask(host, "/patroni")[1].get("pending_restart") for host in members)
    after = sorted((started(host), nodes.name(host)) for host in members)
    assert all(moment > before[name] for moment, name in after)
    assert after[-1][1] == nodes.name(primary), "the primary was not the last"
    print(f"the longest time without a write was {writer.longest_gap():.1f} s")
    assert writer.longest_gap() < 30
    assert writer.lost(primary_of(members)) == set()
    again = play(*locks(96))
    assert (again.status, again.changed_tasks) == (0, [])


def test_the_play_stops_at_the_first_member_that_does_not_come_back(
    members: list[Host], broken: Host, writer: Writer, play: Callable[..., Run]
) -> None:
    rest = {host: started(host) for host in members if host is not broken}
    run = play(*locks(128))
    assert run.status != 0
    assert f"fatal: [{nodes.name(broken)}]" in run.output
    assert {host: started(host) for host in rest} == rest, "a member restarted after one that had not come back"
    assert all(ask(host, "/patroni")[1]["pending_restart"] for host in rest)
    writer.acknowledged(more_than=len(writer.acknowledged()) + 20)


def test_the_next_run_ends_what_the_stopped_one_began(members: list[Host], play: Callable[..., Run]) -> None:
    run = play(*locks(None))
    assert run.status == 0, run.output
    in_step(members)
    assert [administer(host, "SHOW max_locks_per_transaction") for host in members] == ["64"] * len(members)
