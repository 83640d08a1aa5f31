"""Who leads a tier, asked on its members, since a deployed platform lets nobody else in."""

from __future__ import annotations

import json

from testinfra.host import Host

from . import nodes, wait

PATRONI = "patronictl list --format json"
REDIS = "REDISCLI_AUTH=%s redis-cli --tls --cacert /etc/privatechat/tls/ca.pem --user haproxy -h %s -p %s"
REDIS_PORT, SENTINEL_PORT = 6379, 26379
SECONDS = 180


def of_database(hosts: list[Host]) -> Host:
    """Return the leader of these members, once the others follow it and one of them does at each commit."""
    names = {nodes.name(host): host for host in hosts}

    def settled() -> Host:
        rows = [row for row in json.loads(hosts[0].check_output(PATRONI)) if row["Member"] in names]
        (leader,) = [row["Member"] for row in rows if row["Role"] == "Leader"]
        assert [row["State"] for row in rows].count("streaming") == len(hosts) - 1, rows
        assert "Sync Standby" in {row["Role"] for row in rows}, rows
        return names[leader]

    return wait.until(settled, what="a leader of the database whom the others follow", seconds=SECONDS)


def of_cache(hosts: list[Host]) -> Host:
    """Return the primary of these members, once the others follow it and every Sentinel names it."""

    def ask(host: Host, port: int, command: str) -> str:
        word = host.ansible.get_variables()["platform_secret_redis_probe_password"]
        return str(host.check_output(f"{REDIS} {command}", word, nodes.address(host), str(port)))

    def settled() -> Host:
        told = [ask(host, REDIS_PORT, "info replication") for host in hosts]
        (primary,) = [host for host, words in zip(hosts, told, strict=True) if "role:master" in words]
        assert len([words for words in told if "master_link_status:up" in words]) == len(hosts) - 1, told
        named = {ask(host, SENTINEL_PORT, "sentinel get-master-addr-by-name cache").split("\n")[0] for host in hosts}
        assert named == {nodes.address(primary)}, named
        return primary

    return wait.until(settled, what="a primary of the cache whom all name", seconds=SECONDS)
