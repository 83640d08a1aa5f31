"""Each host answers Prometheus with what rules and people look at, and nobody answers on all addresses."""

from __future__ import annotations

from typing import Any

import pytest
from testinfra.host import Host
from testkit import metrics, wait
from testkit.metrics import PORTS, Ask

testinfra_hosts = ["ansible://node1"]

REDIS, SENTINEL = 6379, 26379
CACHE = {"master_name": "cache"}
# What rules ask for, by job and the tier whose hosts have it.
WANTED = {
    ("node", "etcd"): (
        "node_systemd_unit_state node_systemd_units node_filesystem_avail_bytes node_filesystem_size_bytes node_load1 "
        "node_filesystem_readonly node_memory_MemAvailable_bytes node_memory_MemTotal_bytes node_time_seconds "
        "node_timex_offset_seconds node_timex_sync_status node_cpu_seconds_total node_boot_time_seconds "
        "node_disk_io_time_seconds_total node_network_receive_bytes_total node_textfile_mtime_seconds "
        "node_scrape_collector_success privatechat_certificate_expiry_timestamp_seconds "
        "privatechat_security_updates_timestamp_seconds privatechat_reboot_required_timestamp_seconds"
    ),
    ("etcd", "etcd"): (
        "etcd_server_has_leader etcd_server_leader_changes_seen_total etcd_mvcc_db_total_size_in_bytes "
        "etcd_server_quota_backend_bytes etcd_server_is_leader etcd_disk_wal_fsync_duration_seconds_bucket"
    ),
    ("postgresql", "postgresql"): (
        "pg_up pg_settings_max_connections pg_stat_activity_count pg_stat_activity_max_tx_duration pg_locks_count "
        "pg_database_size_bytes pg_replication_lag_seconds pg_replication_is_replica "
        "pg_database_wraparound_age_datfrozenxid_seconds"
    ),
    ("rabbitmq", "rabbitmq"): (
        "rabbitmq_identity_info rabbitmq_alarms_memory_used_watermark rabbitmq_alarms_free_disk_space_watermark "
        "rabbitmq_unreachable_cluster_peers_count rabbitmq_queue_messages rabbitmq_consumers"
    ),
    ("haproxy", "edge"): (
        "haproxy_backend_active_servers haproxy_server_status haproxy_frontend_http_responses_total "
        "haproxy_process_current_connections"
    ),
}


# What only Debian 13 has.
NEWER = {"rabbitmq_unreachable_cluster_peers_count"}


def members(topology: dict[str, Any], tier: str) -> list[str]:
    """Return the names of a tier's hosts."""
    return [member["name"] for member in topology["tiers"][tier]["members"]]


@pytest.mark.parametrize(("job", "tier"), WANTED)
def test_every_member_tells_what_rules_ask_for(
    host: Host, topology: dict[str, Any], ask: Ask, job: str, tier: str
) -> None:
    wanted = set(WANTED[job, tier].split()) - (NEWER if host.system_info.release == "12" else set())
    names = members(topology, tier)
    assert {name: wanted - ask(name, job).names for name in names} == {name: set() for name in names}


def test_every_collector_succeeds(topology: dict[str, Any], ask: Ask) -> None:
    for name in topology["hosts"]:
        page = ask(name, "node")
        # A container is no machine whose kernel tells connections, disks in groups or pressure.
        foreign = {"conntrack", "mdadm", "pressure"}
        failed = {one.labels["collector"] for one in page.of("node_scrape_collector_success") if one.value == 0}
        assert failed <= foreign
        assert page.value("node_textfile_scrape_error") == 0
        assert page.value("node_filesystem_readonly", mountpoint="/") == 0


def test_nobody_answers_on_all_addresses(hosts: dict[str, Host], topology: dict[str, Any]) -> None:
    for name, host in hosts.items():
        address = topology["hosts"][name]["address"]
        sockets = [line.split()[3].rsplit(":", 1) for line in host.check_output("ss -Hltn").splitlines()]
        found = {int(port): where for where, port in sockets if int(port) in PORTS.values()}
        assert set(found) >= {PORTS["node"], PORTS["etcd"], PORTS["postgresql"], PORTS["redis"], PORTS["rabbitmq"]}
        assert {where.split("%")[0].strip("[]").removeprefix("::ffff:") for where in found.values()} == {address}


def test_the_database_tells_who_follows_whom(topology: dict[str, Any], ask: Ask) -> None:
    pages = {name: ask(name, "postgresql") for name in members(topology, "postgresql")}
    assert [page.value("pg_up") for page in pages.values()] == [1] * len(pages)
    (primary,) = [page for page in pages.values() if page.value("pg_replication_is_replica") == 0]
    assert len(primary.of("pg_stat_replication_pg_wal_lsn_diff")) == len(pages) - 1
    assert {page.value("pg_replication_lag_seconds") < 30 for page in pages.values()} == {True}


def test_the_cache_tells_its_parts_and_sentinel_its_majority(
    hosts: dict[str, Host], topology: dict[str, Any], ask: Ask
) -> None:
    names = members(topology, "redis")
    pages = [ask(name, "redis", of=REDIS) for name in names]
    roles = [page.of("redis_instance_info")[0].labels["role"] for page in pages]
    assert sorted(roles) == ["master"] + ["slave"] * (len(names) - 1)
    assert max(page.value("redis_connected_slaves") for page in pages) == len(names) - 1
    assert [one.value for page in pages for one in page.of("redis_master_link_up")] == [1] * (len(names) - 1)
    for name in names:
        page = ask(name, "redis", of=SENTINEL)
        assert page.value("redis_up") == 1
        assert page.value("redis_sentinel_master_status", **CACHE, master_status="ok") == 1
        assert page.value("redis_sentinel_master_ok_sentinels", **CACHE) == len(names)
        assert page.value("redis_sentinel_master_ok_slaves", **CACHE) == len(names) - 1
        # The exporter of Debian 12 does not ask for these two.
        if hosts[name].system_info.codename != "bookworm":
            assert page.value("redis_sentinel_master_setting_ckquorum", **CACHE) == len(names) // 2 + 1
            assert page.value("redis_sentinel_master_ckquorum_status", **CACHE) == 1


def test_haproxy_shows_metrics_and_nothing_else(hosts: dict[str, Host], topology: dict[str, Any]) -> None:
    address = topology["tiers"]["edge"]["members"][0]["address"]
    for path in ("/", "/stats", "/stats;csv", "/metrics/"):
        url = f"http://{address}:{PORTS['haproxy']}{path}"
        with pytest.raises(AssertionError, match="HTTP Error 404"):
            metrics.scrape(hosts["node3"], url)


def test_a_stopped_unit_is_seen_at_the_next_look(host: Host, ask: Ask) -> None:
    unit = "prometheus-redis-exporter.service"

    def states() -> set[str]:
        return {
            one.labels["state"] for one in ask("node1", "node").of("node_systemd_unit_state", name=unit) if one.value
        }

    assert states() == {"active"}
    host.check_output("systemctl stop %s", unit)
    try:
        assert states() == {"inactive"}
    finally:
        host.check_output("systemctl start %s", unit)
    wait.until(lambda: states() == {"active"}, what=f"{unit} being told active")
