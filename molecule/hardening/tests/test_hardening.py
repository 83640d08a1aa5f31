"""What people, processes and updates find on a hardened host."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from testinfra.host import Host
from testkit import playbook

testinfra_hosts = ["ansible://all"]
Harden = Callable[..., playbook.Run]
EXPOSURE = 2.5


def ours(host: Host) -> set[str]:
    """Return the services whose unit, or a drop-in to it, the collection wrote."""
    command = "cd /etc/systemd/system && find . -type f '(' -name '*privatechat*' -o -name 'synapse-*.service' ')'"
    paths = [Path(line) for line in host.check_output(command).splitlines()]
    names = {path.name if path.parent == Path() else path.parent.name.removesuffix(".d") for path in paths}
    return {name for name in names if name.endswith(".service")}


def family(unit: str) -> str:
    """Return the template of an instance, and of any other unit its own name."""
    return re.sub("@.*[.]", "@.", unit)


def test_every_service_of_the_collection_is_confined(host: Host) -> None:
    table = json.loads(host.check_output("systemd-analyze security --no-pager --json=short"))
    wanted = {family(unit) for unit in ours(host)}
    judged = {row["unit"]: float(row["exposure"]) for row in table if family(row["unit"]) in wanted}
    # The table leaves out what does its work and ends; each of these is judged by its name.
    for unit in wanted - {family(unit) for unit in judged}:
        assert host.check_output("systemctl show --property=Type --value %s", unit) == "oneshot", unit
        told = host.check_output("systemd-analyze security --no-pager %s", unit).splitlines()[-1]
        judged[unit] = float(told.partition(": ")[2].split()[0])
    assert wanted
    assert {unit: exposure for unit, exposure in judged.items() if exposure > EXPOSURE} == {}


def test_a_crash_leaves_no_memory_on_the_disk(host: Host) -> None:
    assert host.check_output("bash -c 'ulimit -Hc'") == "0"


def test_what_people_make_is_not_for_everybody(host: Host) -> None:
    assert host.check_output("su --login operator --command umask") == "0027"


def test_no_interface_takes_a_route_from_a_stranger(host: Host) -> None:
    names = host.check_output("ls /proc/sys/net/ipv4/conf").split()
    assert {"all", "default", "eth0"} <= set(names)
    for name in names:
        assert host.sysctl(f"net.ipv4.conf.{name}.accept_redirects") == 0
        assert host.sysctl(f"net.ipv6.conf.{name}.accept_redirects") == 0


def test_updates_come_from_security_only_in_their_window(host: Host) -> None:
    told = host.check_output("unattended-upgrade --dry-run --verbose 2>&1")
    origins = re.findall(r"origin=\S+", next(line for line in told.splitlines() if "Allowed origins are" in line))
    assert {re.sub(r"codename=\w+-", "codename=X-", o.rstrip(",")) for o in origins} == {
        "origin=Debian,codename=X-security,label=Debian-Security"
    }
    held = next(line for line in told.splitlines() if "Initial blacklist" in line).split(":")[-1].split()
    assert {"patroni", "postgresql", "etcd-", "redis-", "rabbitmq-server", "haproxy"} <= set(held)
    command = "systemctl show --timestamp=utc --property=NextElapseUSecRealtime --value apt-daily-upgrade.timer"
    elapses = datetime.strptime(host.check_output(f"TZ=UTC {command}"), "%a %Y-%m-%d %H:%M:%S UTC")
    assert 3 <= elapses.hour < 5 or (elapses.hour, elapses.minute) == (5, 0)


def test_a_service_that_nobody_uses_is_stopped(host: Host, harden: Harden) -> None:
    unit = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
    host.check_output("printf %s > /etc/systemd/system/cups.service && systemctl enable --now cups", unit)
    try:
        done = harden()
        assert (done.status, done.changed) == (0, 1), done.output
        assert host.run("systemctl is-active cups").stdout.strip() == "inactive"
        assert host.run("systemctl is-enabled cups").stdout.strip() == "disabled"
    finally:
        host.run("systemctl disable --now cups; rm /etc/systemd/system/cups.service; systemctl daemon-reload")
