"""Who may do what with Redis, and over which way."""

from __future__ import annotations

import pytest
from testinfra.host import Host
from testkit.redis import Member, Members

testinfra_hosts = ["ansible://redis"]

ADMINISTRATION = [
    *["CONFIG GET *", "CONFIG SET maxmemory 0", "ACL LIST", "MODULE LIST", "CLIENT LIST", "MONITOR", "SLOWLOG GET"],
    *["SHUTDOWN", "FLUSHALL", "FLUSHDB", "SAVE", "KEYS *", "EVAL 1 0", "REPLICAOF 192.0.2.1 6379", "PSYNC ? -1"],
]


def test_a_message_reaches_a_subscriber_over_tls(member: Member) -> None:
    subscriber, publisher = member.connect("default"), member.connect("default")
    assert "subscribe" in subscriber.say("SUBSCRIBE test:room")
    assert publisher.say("PUBLISH test:room hello") == ":1\r\n"
    assert "hello" in subscriber.say("")


def test_without_tls_nothing_is_answered(member: Member) -> None:
    try:
        answer = member.connect(tls=False).say("PING")
    except ConnectionError:
        answer = ""
    assert answer == ""


@pytest.mark.parametrize("port", [6379, 26379])
def test_tls_older_than_1_2_is_refused(member: Member, port: int) -> None:
    target = f"{member.variable('ansible_host')}:{port}"
    program = "openssl s_client -connect %s"
    assert member.host.run(f"{program} -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null", target).failed
    assert member.host.run(f"{program} -tls1_2 </dev/null", target).succeeded


def test_without_a_password_nothing_is_answered(member: Member) -> None:
    assert member.allowed(["PING", "GET a", "SET a b", "SUBSCRIBE a", "INFO", "CONFIG GET *"], user="") == {}


def test_a_wrong_password_is_refused(member: Member) -> None:
    answers = [
        member.connect().say(f"AUTH {user} wrong") for user in ("default", "haproxy", "replica", "sentinel", "a")
    ]
    assert [answer for answer in answers if not answer.startswith("-WRONGPASS")] == []


def test_the_chat_server_cannot_administer(member: Member) -> None:
    assert member.allowed(ADMINISTRATION, "default") == {}


def test_the_health_check_only_looks(member: Member) -> None:
    assert "role:" in member.ask("INFO replication", "haproxy")
    others = ["SET a b", "GET a", "PUBLISH a b", "SUBSCRIBE a", "CONFIG GET *", "SHUTDOWN"]
    assert member.allowed(others, "haproxy") == {}


def test_sentinel_only_moves_the_primary(member: Member) -> None:
    assert member.allowed(["GET a", "SET a b", "CONFIG SET maxmemory 0", "SHUTDOWN", "FLUSHALL"], "sentinel") == {}


def test_only_redis_reads_users_passwords_and_key(host: Host, members: Members) -> None:
    # A failover or a new replica has every file rewritten that the services own.
    assert members.primary()
    found = host.check_output("ls /etc/redis/*.acl /etc/redis/replication.conf /etc/redis/sentinel-secrets.conf")
    for file in [*found.splitlines(), "/var/lib/redis/seed.conf", "/var/lib/redis/sentinel-seed.conf"]:
        assert host.run("sudo -u nobody cat %s", file).failed
        assert host.check_output("stat -c %%a %s", file) == "600"
    assert host.run("sudo -u nobody cat /etc/privatechat/tls/redis/key.pem").failed


def test_clients_passwords_are_kept_as_hashes_only(member: Member) -> None:
    for name in ("platform_secret_redis_password", "platform_secret_redis_probe_password"):
        assert member.host.run("grep -rqF %s /etc/redis /var/lib/redis", member.variable(name)).rc == 1


def test_no_list_of_processes_shows_a_password(member: Member) -> None:
    seen = member.host.check_output("ps -eo args")
    assert "redis-sentinel" in seen
    for name in ("redis_password", "redis_probe_password", "redis_replication_password", "redis_sentinel_password"):
        assert member.variable(f"platform_secret_{name}") not in seen


def test_full_memory_drops_old_values_and_takes_new_ones(member: Member) -> None:
    assert "maxmemory_policy:allkeys-lru" in member.ask("INFO memory", "haproxy")
