"""Every certificate of a host is told with the second in which it expires."""

from __future__ import annotations

from datetime import UTC, datetime

from testinfra.host import Host
from testkit import wait
from testkit.metrics import Ask

testinfra_hosts = ["ansible://node1"]

METRIC = "privatechat_certificate_expiry_timestamp_seconds"
DIRECTORY = "/etc/privatechat/tls"
PAGE = "/var/lib/prometheus/node-exporter/privatechat-certificates.prom"


def expiry(host: Host, path: str) -> float:
    """Return when a certificate expires, as openssl says."""
    said = host.check_output("openssl x509 -noout -enddate -in %s", path).removeprefix("notAfter=")
    return datetime.strptime(said, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC).timestamp()


def test_every_certificate_is_told_as_openssl_reads_it(host: Host, ask: Ask) -> None:
    paths = host.check_output("grep -rl -e '-----BEGIN CERTIFICATE-----' --include=*.pem %s", DIRECTORY).split()
    assert len(paths) > 4
    told = {one.labels["path"]: one.value for one in ask("node1", "node").of(METRIC)}
    assert told == {path: expiry(host, path) for path in paths}


def test_a_new_certificate_is_told_after_the_next_run(host: Host, ask: Ask) -> None:
    path = f"{DIRECTORY}/test.pem"
    new = "openssl req -x509 -newkey ed25519 -nodes -days 3 -subj /CN=test -keyout /dev/null -out %s"
    host.check_output(new, path)
    try:
        host.check_output("systemctl start privatechat-certificates.service")
        assert ask("node1", "node").value(METRIC, path=path, subject="CN=test") == expiry(host, path)
    finally:
        host.check_output("rm %s", path)
        host.check_output("systemctl start privatechat-certificates.service")
    assert ask("node1", "node").of(METRIC, path=path) == []


def test_the_timer_itself_writes_the_page(host: Host) -> None:
    host.check_output("rm %s && systemctl restart privatechat-certificates.timer", PAGE)
    wait.until(lambda: host.file(PAGE).exists, what="the timer's first run", seconds=30)
    assert host.file(PAGE).mode == 0o644
    assert "privatechat-certificates.timer" in host.check_output("systemctl list-timers --no-pager")


def test_reloads_of_systemd_in_a_row_are_no_failure(host: Host) -> None:
    unit = "privatechat-certificates.service"
    # As many starts in ten seconds as systemd takes for a fault in other units, and more.
    for _again in range(8):
        host.check_output("systemctl daemon-reload && systemctl start %s", unit)
    assert host.check_output("systemctl show --property=Result --value %s", unit) == "success"
