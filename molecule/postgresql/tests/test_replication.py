"""What is written on the primary is on the replicas, which take no writes; the primary keeps for each what it needs."""

from __future__ import annotations

from functools import partial

import pytest
from testinfra.host import Host
from testkit import nodes, wait
from testkit.postgresql import TLS, administer, ask, query


def counts(host: Host, table: str, number: int) -> bool:
    """Tell whether the table has so many rows on this member."""
    return query(host, f"SELECT count(*) FROM {table}").stdout.strip() == str(number)


def test_rows_arrive_on_every_replica(primary: Host, replicas: list[Host]) -> None:
    created = "DROP TABLE IF EXISTS copied; CREATE TABLE copied AS SELECT generate_series(1, 1000) AS n"
    assert query(primary, created).succeeded
    for replica in replicas:
        wait.until(partial(counts, replica, "copied", 1000), what="the rows arriving", seconds=15)
    assert query(primary, "DROP TABLE copied").succeeded


def test_a_replica_refuses_writes(replicas: list[Host]) -> None:
    for replica in replicas:
        refused = query(replica, "CREATE TABLE forbidden (n int)")
        assert refused.failed
        assert "read-only transaction" in refused.stderr


def test_a_client_that_must_write_is_not_let_in_by_a_replica(replicas: list[Host]) -> None:
    for replica in replicas:
        refused = query(replica, "SELECT 1", options=f"{TLS} target_session_attrs=read-write")
        assert refused.failed
        assert "session is read-only" in refused.stderr


def test_one_replica_acknowledges_each_commit_before_the_client_hears_of_it(primary: Host) -> None:
    assert administer(primary, "SHOW synchronous_commit") == "on"
    assert administer(primary, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1"


def test_each_replica_reads_from_a_slot_of_its_own_that_cannot_fill_the_disk(
    primary: Host, replicas: list[Host]
) -> None:
    slots = administer(primary, "SELECT slot_name FROM pg_replication_slots WHERE active ORDER BY 1").splitlines()
    assert slots == sorted(map(nodes.name, replicas))
    limit = administer(primary, "SELECT setting::int FROM pg_settings WHERE name = 'max_slot_wal_keep_size'")
    assert 0 < int(limit) < 10 * 1024, "in MiB; -1 is no limit"


@pytest.mark.fault
def test_a_replica_that_was_away_gets_what_it_missed(primary: Host, replicas: list[Host]) -> None:
    away = replicas[0]
    away.check_output("systemctl stop patroni.service")
    filled = "CREATE TABLE missed AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 50000)"
    assert query(primary, f"DROP TABLE IF EXISTS missed; {filled}").succeeded
    # Segments that nothing keeps are recycled at these checkpoints.
    for _ in range(3):
        administer(primary, "SELECT pg_switch_wal()")
        administer(primary, "CHECKPOINT")
    nodes.start([away], "patroni.service")
    wait.until(partial(counts, away, "missed", 50000), what="the replica having caught up", seconds=120)
    assert query(primary, "DROP TABLE missed").succeeded


@pytest.mark.fault
def test_only_replicas_that_are_close_are_offered_to_readers(primary: Host, replicas: list[Host]) -> None:
    assert ask(primary, "/replica?lag=16MB")[0] == 503
    late, close = replicas
    assert [ask(replica, "/replica?lag=16MB")[0] for replica in replicas] == [200, 200]
    # The process that replays stands still; Patroni itself would end a pause that PostgreSQL was asked for.
    late.check_output("pkill -STOP -u postgres -f 'postgres: .*startup'")
    filled = "DROP TABLE IF EXISTS late; CREATE TABLE late AS SELECT repeat('x', 1000) FROM generate_series(1, 30000)"
    assert query(primary, filled).succeeded
    try:
        wait.until(lambda: ask(late, "/replica?lag=16MB")[0] == 503, what="the late replica being refused")
        assert ask(close, "/replica?lag=16MB")[0] == 200
    finally:
        late.check_output("pkill -CONT -u postgres -f 'postgres: .*startup'")
    wait.until(lambda: ask(late, "/replica?lag=16MB")[0] == 200, what="the replica being offered again")
    assert query(primary, "DROP TABLE late").succeeded
