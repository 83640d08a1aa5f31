"""The loopback listeners lead to the primaries of the data tiers, and only to those."""

from __future__ import annotations

import pytest
from testinfra.host import Host
from testkit import wait

testinfra_hosts = ["ansible://chat"]
PING = "exec 3<>/dev/tcp/127.0.0.1/16379; printf 'PING\\r\\n' >&3; timeout 3 head -c 5 <&3"


def talk_to_redis(host: Host) -> str:
    """Return the first bytes that Redis answers through the listener."""
    return str(host.run("bash -c %s", PING).stdout)


def state(host: Host, proxy: str, socket: str = "/run/haproxy/status.sock") -> str:
    """Return whether HAProxy sees a server behind the proxy, and why not."""
    table = host.check_output(
        f"""python3 -c "
import http.client, socket
c = http.client.HTTPConnection('x'); c.sock = socket.socket(socket.AF_UNIX); c.sock.connect('{socket}')
c.request('GET', '/stats;csv'); print(c.getresponse().read().decode())"
"""
    )
    rows = [line.split(",") for line in table.lstrip("# ").splitlines() if line]
    header = rows[0]
    servers = [dict(zip(header, row, strict=False)) for row in rows if row[0] == proxy and row[1] == "node1"]
    return f"{servers[0]['status']} {servers[0]['last_chk']}"


def test_the_database_listener_passes_tls_through_to_a_primary(host: Host) -> None:
    check = (
        "openssl s_client -starttls postgres -connect 127.0.0.1:15432 -CAfile /etc/privatechat/tls/ca.pem"
        " -verify_hostname postgresql.privatechat.internal -verify_return_error </dev/null"
    )
    assert "Verify return code: 0 (ok)" in host.check_output(check)


def test_the_redis_listener_speaks_plainly_to_clients_and_asks_for_a_password(host: Host) -> None:
    assert talk_to_redis(host) in ("-NOAU", "+PONG")


def test_listeners_are_not_reachable_from_other_hosts(host: Host) -> None:
    listening = host.check_output("ss -Hltn")
    assert "127.0.0.1:15432" in listening
    assert "127.0.0.1:16379" in listening
    assert "0.0.0.0:15432" not in listening
    assert "0.0.0.0:16379" not in listening


def test_sessions_of_a_lost_primary_are_cut_and_new_ones_find_the_next(host: Host) -> None:
    host.check_output(
        "systemd-run --collect --unit=held-session bash -c 'exec 3<>/dev/tcp/127.0.0.1/16379; cat <&3; true'"
    )
    try:
        host.check_output("systemctl stop redis-server")
        wait.until(lambda: state(host, "redis_primary").startswith("DOWN"), what="the listener seeing the loss")
        wait.until(lambda: host.run("systemctl is-active held-session").rc != 0, what="the session being cut")
    finally:
        host.check_output("systemctl start redis-server")
    assert wait.until(lambda: talk_to_redis(host), what="Redis answering through the listener") in ("-NOAU", "+PONG")


@pytest.mark.parametrize("proxy", ["postgresql_primary", "redis_primary"])
def test_a_server_with_another_name_in_its_certificate_gets_no_client(host: Host, proxy: str) -> None:
    twin = "/run/haproxy-name"
    changes = f"s#/run/haproxy/#{twin}/#; s#:15432#:35432#; s#:16379#:36379#; s#privatechat.internal#other.internal#g"
    host.check_output(
        f"rm -rf {twin}; mkdir {twin}; cp /etc/haproxy/conf.d/[01]*.cfg {twin}; sed -i '{changes}' {twin}/*"
    )
    host.check_output(f"systemd-run --collect --unit=haproxy-name /usr/sbin/haproxy -W -f {twin}")
    try:
        seen = wait.until(lambda: down(host, proxy, f"{twin}/status.sock"), what="the server being refused", seconds=20)
        assert "SSL" in seen
    finally:
        host.run(f"systemctl stop haproxy-name; rm -rf {twin}")


def down(host: Host, proxy: str, socket: str) -> str:
    """Return the state when the server is down, nothing otherwise."""
    seen = state(host, proxy, socket)
    return seen if seen.startswith("DOWN") else ""


def test_no_secret_is_readable_for_others(host: Host) -> None:
    secrets = host.file("/etc/haproxy/conf.d/05-secrets.cfg")
    password = secrets.content_string.split("'")[1]
    assert (secrets.user, secrets.mode) == ("root", 0o600)
    assert len(password) >= 16
    assert password not in host.check_output("cat /etc/haproxy/conf.d/[124]*.cfg /proc/[0-9]*/cmdline")
