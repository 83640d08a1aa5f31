"""Who may do what with Redis, over which way, and what happens after a crash."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host
from testkit import wait

testinfra_hosts = ["ansible://redis"]

ADMINISTRATION = [
    *["CONFIG GET *", "CONFIG SET maxmemory 0", "ACL LIST", "MODULE LIST", "CLIENT LIST", "MONITOR", "SLOWLOG GET"],
    *["SHUTDOWN", "FLUSHALL", "FLUSHDB", "SAVE", "KEYS *", "EVAL 1 0", "REPLICAOF 192.0.2.1 6379", "PSYNC ? -1"],
]
Say = Callable[[str], str]
Connect = Callable[..., Say]


def variable(host: Host, name: str) -> str:
    """Return a variable of the inventory."""
    return str(host.ansible.get_variables()[name])


@pytest.fixture
def connect(host: Host) -> Iterator[Connect]:
    """Return a function that opens a session, logged in as a user unless it is empty."""
    trust = ssl.create_default_context(cadata=host.file("/etc/privatechat/tls/ca.pem").content_string)
    sessions: list[socket.socket] = []

    def open_session(user: str = "default", *, password: str = "", tls: bool = True) -> Say:
        raw = socket.create_connection((variable(host, "ansible_host"), 6379), timeout=10)
        session = trust.wrap_socket(raw, server_hostname="redis.privatechat.internal") if tls else raw
        sessions.append(session)

        def say(command: str) -> str:
            if command:
                session.sendall(f"{command}\r\n".encode())
            return session.recv(65536).decode()

        if user:
            secret = {"default": "platform_secret_redis_password", "haproxy": "platform_secret_redis_probe_password"}
            answer = say(f"AUTH {user} {password or variable(host, secret[user])}")
            assert answer == "+OK\r\n", answer
        return say

    yield open_session
    for session in sessions:
        session.close()


def test_a_message_reaches_a_subscriber_over_tls(connect: Connect) -> None:
    subscriber, publisher = connect(), connect()
    assert "subscribe" in subscriber("SUBSCRIBE example.com")
    assert publisher("PUBLISH example.com hello") == ":1\r\n"
    assert "hello" in subscriber("")


def test_the_chat_server_keeps_values_for_a_time(connect: Connect) -> None:
    say = connect()
    assert say("PING") == "+PONG\r\n"
    assert say("SET test:key value PX 60000") == "+OK\r\n"
    assert say("GET test:key") == "$5\r\nvalue\r\n"
    assert say("DEL test:key") == ":1\r\n"


def test_without_tls_nothing_is_answered(connect: Connect) -> None:
    say = connect("", tls=False)
    try:
        answer = say("PING")
    except ConnectionError:
        answer = ""
    assert answer == ""


def test_tls_older_than_1_2_is_refused(host: Host) -> None:
    target = f"{variable(host, 'ansible_host')}:6379"
    assert host.run("openssl s_client -connect %s -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null", target).failed
    assert host.run("openssl s_client -connect %s -tls1_2 </dev/null", target).succeeded


@pytest.mark.parametrize("command", ["PING", "GET a", "SET a b", "SUBSCRIBE a", "INFO", "CONFIG GET *"])
def test_without_a_password_nothing_is_answered(connect: Connect, command: str) -> None:
    assert connect("")(command).startswith("-NOAUTH")


@pytest.mark.parametrize("user", ["default", "haproxy", "nobody"])
def test_a_wrong_password_is_refused(connect: Connect, user: str) -> None:
    assert connect("")(f"AUTH {user} wrong").startswith("-WRONGPASS")


@pytest.mark.parametrize("command", ADMINISTRATION)
def test_the_chat_server_cannot_administer(connect: Connect, command: str) -> None:
    assert connect()(command).startswith("-NOPERM")


@pytest.mark.parametrize("command", ["SET a b", "GET a", "PUBLISH a b", "SUBSCRIBE a", "CONFIG GET *", "SHUTDOWN"])
def test_the_health_check_only_looks(connect: Connect, command: str) -> None:
    say = connect("haproxy")
    assert "role:" in say("INFO replication")
    assert say(command).startswith("-NOPERM")


def test_only_redis_reads_users_and_key(host: Host) -> None:
    for file in ("/etc/redis/users.acl", "/var/lib/redis/seed.conf", "/etc/privatechat/tls/redis/key.pem"):
        assert host.run("sudo -u nobody cat %s", file).failed
    for name in ("platform_secret_redis_password", "platform_secret_redis_probe_password"):
        assert host.run("grep -rqF %s /etc/redis /var/lib/redis", variable(host, name)).rc == 1


def test_full_memory_drops_old_values_and_takes_new_ones(connect: Connect) -> None:
    assert "maxmemory_policy:allkeys-lru" in connect("haproxy")("INFO memory")


def test_redis_comes_back_after_a_crash(host: Host, connect: Connect) -> None:
    process = host.check_output("systemctl show --property=MainPID --value redis-server.service")
    host.check_output("kill -KILL %s", process)
    wait.until(lambda: connect()("PING") == "+PONG\r\n", what="Redis answering after the crash")
    assert host.check_output("systemctl show --property=MainPID --value redis-server.service") != process
