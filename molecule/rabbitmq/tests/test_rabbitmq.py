"""Who may send and receive, over which way, and what everybody else is told."""

from __future__ import annotations

import pytest
from testinfra.host import Host
from testkit import queue

# A member that nothing was told directly: what it knows, it has from the cluster.
testinfra_hosts = ["ansible://node2"]

PEER = "openssl s_client -connect {}:25672 -tls1_2 -brief -CAfile /etc/privatechat/tls/ca.pem"
CERTIFICATE = "-cert /etc/privatechat/tls/rabbitmq/cert.pem -key /etc/privatechat/tls/rabbitmq/key.pem"


@pytest.fixture(autouse=True, scope="module")
def _client(host: Host) -> None:
    queue.prepare(host)


def address(host: Host) -> str:
    """Return the member's address."""
    return queue.variable(host, "ansible_host")


def test_a_client_with_the_password_sends_and_receives_over_verified_tls(host: Host) -> None:
    name = f"test.{address(host)}"
    assert queue.amqp(host, "declare", name).succeeded
    assert queue.amqp(host, "publish", name, "first", "second").succeeded
    assert queue.amqp(host, "receive", name).stdout.split() == ["first", "second"]
    assert queue.amqp(host, "delete", name).succeeded


def test_a_queue_of_no_type_has_a_copy_on_every_member(host: Host) -> None:
    name = f"test.type.{address(host)}"
    assert queue.amqp(host, "declare", name).succeeded
    made = queue.told(host, f"/queues/privatechat/{name}")
    assert made["type"] == "quorum"
    assert sorted(made["members"]) == queue.running(host)
    assert queue.amqp(host, "delete", name).succeeded


@pytest.mark.parametrize("port", [5671, 5672])
def test_without_tls_nothing_is_answered(host: Host, port: int) -> None:
    assert queue.amqp(host, "connect", trust="", port=port).failed


def test_tls_older_than_1_2_is_refused(host: Host) -> None:
    for port in (5671, 15671):
        target = f"{address(host)}:{port}"
        assert host.run("openssl s_client -connect %s -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null", target).failed
        assert host.run("openssl s_client -connect %s -tls1_2 </dev/null", target).succeeded


def test_a_client_that_does_not_know_the_authority_goes_away(host: Host) -> None:
    refused = queue.amqp(host, "connect", trust=queue.DEFAULT_AUTHORITY)
    assert refused.failed
    assert "CERTIFICATE_VERIFY_FAILED" in refused.stderr


@pytest.mark.parametrize(
    ("user", "password"), [("privatechat", "wrong"), ("guest", "guest"), ("administrator", "wrong"), ("nobody", "")]
)
def test_who_does_not_belong_is_refused(host: Host, user: str, password: str) -> None:
    refused = queue.amqp(host, "connect", user=user, password=password)
    assert refused.failed
    assert "ACCESS_REFUSED" in refused.stderr


def test_there_are_no_users_but_those_that_were_named(host: Host) -> None:
    assert sorted(user["name"] for user in queue.told(host, "/users")) == ["administrator", "privatechat"]


@pytest.mark.parametrize("login", ["privatechat:OWN", "guest:guest", "administrator:wrong"])
def test_nobody_else_manages(host: Host, login: str) -> None:
    word = queue.variable(host, "platform_secret_rabbitmq_password")
    refused = queue.ask(host, "/overview", login=login.replace("OWN", word))
    assert refused.failed
    assert "HTTP Error 401" in refused.stderr


def test_the_administrator_reads_no_messages(host: Host) -> None:
    name = f"test.private.{address(host)}"
    assert queue.amqp(host, "declare", name).succeeded
    word = queue.variable(host, "platform_secret_rabbitmq_admin_password")
    refused = queue.amqp(host, "receive", name, user="administrator", password=word)
    assert queue.amqp(host, "delete", name).succeeded
    assert refused.failed
    assert "ACCESS_REFUSED" in refused.stderr


def test_members_refuse_a_peer_without_a_certificate(host: Host) -> None:
    refused = host.run(f"{PEER.format(address(host))} </dev/null")
    assert refused.failed
    assert "alert" in refused.stderr
    known = host.run(f"{PEER.format(address(host))} {CERTIFICATE} </dev/null")
    assert known.succeeded
    assert "Verification: OK" in known.stderr


def test_members_refuse_a_certificate_of_another_authority(host: Host) -> None:
    host.check_output(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=stranger"
        " -keyout /tmp/stranger.key -out /tmp/stranger.pem"
    )
    stranger = "-cert /tmp/stranger.pem -key /tmp/stranger.key"
    assert host.run(f"{PEER.format(address(host))} {stranger} </dev/null").failed
    host.check_output("rm /tmp/stranger.key /tmp/stranger.pem")


def test_the_queue_listens_nowhere_but_on_its_own_address(host: Host) -> None:
    rows = [
        line.split() for line in host.check_output("ss --tcp --listening --numeric --processes --no-header").split("\n")
    ]
    found = {row[3] for row in rows if any(name in row[-1] for name in ("beam.smp", "epmd"))}
    own = address(host)
    assert found == {f"{own}:{port}" for port in (5671, 15671, 15692, 25672, 4369)} | {"127.0.0.1:4369"}


def test_only_rabbitmq_reads_its_secrets(host: Host) -> None:
    for file in ("/var/lib/rabbitmq/.erlang.cookie", "/etc/rabbitmq/conf.d/30-administrator.conf"):
        assert host.run("sudo -u nobody cat %s", file).failed
    for secret in ("rabbitmq_password", "rabbitmq_erlang_cookie"):
        assert host.run("grep -rqF %s /etc/rabbitmq", queue.variable(host, f"platform_secret_{secret}")).rc == 1
