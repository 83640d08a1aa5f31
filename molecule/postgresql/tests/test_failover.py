"""When the primary is lost another member takes over, no acknowledged row is lost, and the lost one comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest
from testinfra.host import Host
from testkit import nodes, wait
from testkit.playbook import Run
from testkit.postgresql import Writer, administer, ask, in_step, primary_of, query

# The leader's lease (20 s), one turn of the loop (5 s), and starved processors.
FAILOVER_SECONDS = 60


def crash(host: Host) -> None:
    """End Patroni and PostgreSQL at once, and keep them from starting again."""
    host.check_output("systemctl kill --kill-whom=all --signal=KILL patroni.service; systemctl stop patroni.service")
    wait.until(lambda: host.run("pgrep -u postgres").failed, what="no process of PostgreSQL being left")


def diverge(host: Host) -> None:
    """Let the isolated member, which knows nothing of its successor, write a row of its own."""
    program = host.check_output("ls -d /usr/lib/postgresql/*/bin") + "/pg_ctl"
    directory = host.check_output("ls -d /var/lib/postgresql/*/main")
    host.run_expect([0], f"sudo -u postgres {program} start -w -D {directory} -o '-c listen_addresses=' -l /dev/null")
    assert administer(host, "SELECT pg_is_in_recovery()") == "f"
    # Nobody is there who could acknowledge it.
    administer(host, "SET synchronous_commit = local; INSERT INTO written VALUES (-1)", "synapse")
    host.run_expect([0], f"sudo -u postgres {program} stop -w -m fast -D {directory}")


def has_all(writer: Writer, host: Host) -> bool:
    """Tell whether a member has every row that was acknowledged."""
    return writer.lost(host) == set()


def test_the_death_of_the_primary_loses_no_acknowledged_row(
    members: list[Host], primary: Host, replicas: list[Host], writer: Writer, play: Callable[..., Run]
) -> None:
    crash(primary)
    began = time.monotonic()
    new = primary_of(replicas, seconds=FAILOVER_SECONDS)
    print(f"a member was primary {time.monotonic() - began:.1f} s after the death of the other")
    number = writer.acknowledged()[-1][0]
    writer.acknowledged(more_than=len(writer.acknowledged()) + 20)
    print(f"the longest time without a write was {writer.longest_gap():.1f} s")
    assert number > 0
    assert writer.longest_gap() < FAILOVER_SECONDS
    diverge(primary)
    nodes.start([primary], "patroni.service")
    in_step(members)
    writer.stop()
    assert primary_of(members) is new
    assert ask(primary, "/replica")[0] == 200
    for host in members:
        wait.until(partial(has_all, writer, host), what="every acknowledged row being there", seconds=15)
    assert query(primary, "SELECT count(*) FROM written WHERE n = -1").stdout.strip() == "0", "its own row is left"
    run = play()
    assert run.status == 0, run.output
    assert run.changed_tasks == []


@pytest.mark.fault
def test_committed_rows_survive_a_crash_of_every_process(members: list[Host], primary: Host) -> None:
    assert query(primary, "CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (42)").succeeded
    for host in members:
        host.check_output("pkill -KILL -u postgres")

    def holds(host: Host) -> bool:
        return query(host, "SELECT max(n) FROM kept").stdout.strip() == "42"

    in_step(members)
    for host in members:
        wait.until(partial(holds, host), what="the row being read after the crash")
    assert query(primary_of(members), "DROP TABLE kept").succeeded


@pytest.mark.fault
def test_the_primary_serves_without_the_consensus_store_while_it_sees_every_member(
    members: list[Host], primary: Host, writer: Writer
) -> None:
    for host in members:
        nodes.kill(host, "etcd.service")
    # Longer than the lease: without the store it would have to step down.
    end = writer.acknowledged()[-1][1] + 30
    wait.until(lambda: writer.acknowledged()[-1][1] > end, what="writes going on", seconds=60)
    assert ask(primary, "/primary")[0] == 200
    nodes.start(members, "etcd.service")
    in_step(members)
    assert writer.longest_gap() < 15
    assert writer.lost(primary_of(members)) == set()
