"""Who may read and write the store, and what survives a crash of it."""

from __future__ import annotations

import pytest
from testinfra.host import Host
from testkit import wait
from testkit.etcd import AUTHORITY, etcdctl
from testkit.nodes import address

testinfra_hosts = ["ansible://etcd"]


def test_a_client_with_a_certificate_writes_and_reads(host: Host) -> None:
    assert etcdctl(host, "put test/key value").succeeded
    assert etcdctl(host, "get --print-value-only test/key").stdout.strip() == "value"
    assert etcdctl(host, "del test/key").succeeded


def test_a_client_without_a_certificate_is_refused(host: Host) -> None:
    assert etcdctl(host, "get test/key", options=AUTHORITY).failed


def test_a_certificate_of_another_authority_is_refused(host: Host) -> None:
    host.check_output(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=stranger"
        " -keyout /tmp/stranger.key -out /tmp/stranger.pem"
    )
    stranger = f"{AUTHORITY} --cert /tmp/stranger.pem --key /tmp/stranger.key"
    assert etcdctl(host, "get test/key", options=stranger).failed
    host.check_output("rm /tmp/stranger.key /tmp/stranger.pem")


@pytest.mark.parametrize("port", [2379, 2380])
def test_plain_http_is_refused(host: Host, port: int) -> None:
    program = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).status)"
    refused = host.run("python3 -c %s %s", program, f"http://{address(host)}:{port}/version")
    assert refused.failed
    assert "HTTP Error 400" in refused.stderr or "Remote end closed" in refused.stderr or "reset" in refused.stderr


def test_members_refuse_a_peer_without_a_certificate(host: Host) -> None:
    program = (
        "import sys, ssl, urllib.request as u; c = ssl.create_default_context(cafile='/etc/privatechat/tls/ca.pem');"
        "print(u.urlopen(sys.argv[1], context=c, timeout=5).status)"
    )
    refused = host.run("python3 -c %s %s", program, f"https://{address(host)}:2380/members")
    assert refused.failed
    assert "certificate required" in refused.stderr or "bad certificate" in refused.stderr


def test_only_etcd_reads_its_key_and_its_data(host: Host) -> None:
    assert host.run("sudo -u nobody cat /etc/privatechat/tls/etcd/key.pem").failed
    assert host.run("sudo -u nobody ls /var/lib/etcd/default/member").failed


def test_as_debian_configures_it_no_member_starts(host: Host) -> None:
    ours = "/etc/systemd/system/etcd.service.d/50-privatechat.conf"
    host.check_output("systemctl stop etcd.service && mv %s /run/ours.conf && systemctl daemon-reload", ours)
    started = host.run("systemctl start etcd.service && systemctl is-active etcd.service").stdout.strip()
    host.check_output("systemctl stop etcd.service && mv /run/ours.conf %s && systemctl daemon-reload", ours)
    host.check_output("systemctl start etcd.service")
    assert started == "inactive", "a host that boots before it is configured makes a cluster of its own"


def test_data_survives_a_crash(host: Host) -> None:
    assert etcdctl(host, "put test/kept 42").succeeded
    process = host.check_output("systemctl show --property=MainPID --value etcd.service")
    host.check_output("kill -KILL %s", process)

    def read_back() -> str:
        return etcdctl(host, "get --print-value-only test/kept").stdout.strip()

    wait.until(lambda: read_back() == "42", what="the key being read after the crash")
    assert host.check_output("systemctl show --property=MainPID --value etcd.service") != process
    assert etcdctl(host, "del test/kept").succeeded
