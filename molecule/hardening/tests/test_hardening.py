"""What a stranger, an operator and the host itself find on a hardened host."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host
from testkit import nodes, playbook, wait

testinfra_hosts = ["ansible://all"]
SSHD = "/etc/ssh/sshd_config.d/00-privatechat.conf"
EXPOSURE = 2.5
# Failures are in ssh-audit's own words: algorithms that are broken, not those that others have more trust in.
FAILURES = 3


def stranger_s_address(host: Host) -> str:
    """Return an address of the host under which nobody else here knows it.

    sshd shuts out for a while from where many come in vain, and this test's own tasks come over IPv4.
    """
    found = host.check_output("ip -6 -oneline address show dev eth0 scope global")
    return str(re.split("[ /]+", found)[3])


def ssh(host: Host, *options: str) -> str:
    """Try to log in from here, over a connection of its own and without any key; return what sshd says to that."""
    alone = ["-F", "none", "-o", "ControlPath=none", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"]
    command = ["ssh", *alone, "-o", "StrictHostKeyChecking=no", "-o", "IdentityFile=none", *options]
    target = f"operator@{stranger_s_address(host)}"
    done = subprocess.run([*command, target, "true"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stderr


def harden(host: Host, config: pytest.Config, **settings: Any) -> playbook.Run:
    """Run the role's playbook on this host alone, with settings of sshd that an operator gives."""
    given = json.dumps({"hardening_sshd_settings": settings})
    return playbook.play(
        "topology hardening", config.getoption("ansible_inventory"), "--limit", nodes.name(host), "--diff", "-e", given
    )


def ours(host: Host) -> set[str]:
    """Return the services whose unit, or a drop-in to it, the collection wrote."""
    command = "cd /etc/systemd/system && find . -type f '(' -name '*privatechat*' -o -name 'synapse-*.service' ')'"
    paths = [Path(line) for line in host.check_output(command).splitlines()]
    names = {path.name if path.parent == Path() else path.parent.name.removesuffix(".d") for path in paths}
    return {name for name in names if name.endswith(".service")}


def test_ssh_audit_finds_no_failure(host: Host) -> None:
    command = [Path(sys.executable).with_name("ssh-audit"), "--json", "--skip-rate-test", stranger_s_address(host)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    found = json.loads(done.stdout)
    spoken = {entry["algorithm"]: entry["notes"] for kind in ("kex", "key", "enc", "mac") for entry in found[kind]}
    assert len(spoken) > 10
    assert {name: notes["fail"] for name, notes in spoken.items() if notes.get("fail")} == {}
    assert done.returncode < FAILURES, done.stdout


def test_only_a_key_opens_the_door(host: Host) -> None:
    refusal = "Permission denied (publickey)."
    methods = "PreferredAuthentications=password,keyboard-interactive,publickey"
    wait.until(lambda: refusal in ssh(host, "-o", methods), what=f"sshd saying {refusal}")
    assert refusal in ssh(host, "-o", "PreferredAuthentications=password")


def test_every_service_of_the_collection_is_confined(host: Host) -> None:
    table = json.loads(host.check_output("systemd-analyze security --no-pager --json=short"))
    judged = {row["unit"]: float(row["exposure"]) for row in table}
    wanted = ours(host)
    assert wanted
    of_ours = {unit: e for unit, e in judged.items() if re.sub("@.*[.]", "@.", unit) in wanted or unit in wanted}
    assert {re.sub("@.*[.]", "@.", unit) for unit in of_ours} >= {re.sub("@.*[.]", "@.", unit) for unit in wanted}
    assert {unit: exposure for unit, exposure in of_ours.items() if exposure > EXPOSURE} == {}


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


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"Bogus": True}, "Bad configuration option: Bogus"), ({"PermitRootLogin": "perhaps"}, "perhaps")],
)
def test_settings_that_sshd_refuses_are_named_and_not_written(
    host: Host, pytestconfig: pytest.Config, settings: dict[str, Any], words: str
) -> None:
    if nodes.name(host) != "node1":
        pytest.skip("one host tells for all")
    before = host.file(SSHD).content_string
    done = harden(host, pytestconfig, **settings)
    assert done.status != 0
    assert words in done.output
    assert "the present one stays in place" in done.output
    assert host.file(SSHD).content_string == before


@pytest.mark.fault
def test_settings_that_lock_the_run_out_are_taken_back_by_the_host(host: Host, pytestconfig: pytest.Config) -> None:
    if nodes.name(host) != "node1":
        pytest.skip("one host tells for all")
    before = host.file(SSHD).content_string
    done = harden(host, pytestconfig, AllowUsers="nobody")
    assert done.status != 0
    assert "does not get in with them" in done.output
    assert "has gone back to what it had before" in done.output
    assert host.file(SSHD).content_string == before
    again = harden(host, pytestconfig)
    assert (again.status, again.changed) == (0, 0), again.output
