"""sshd lets in who has a key, and keeps no settings that keep its own operator out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host
from testkit import nodes, playbook, wait

testinfra_hosts = ["ansible://all"]
Harden = Callable[..., playbook.Run]
SSHD = "/etc/ssh/sshd_config.d/00-privatechat.conf"
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


def test_ssh_audit_finds_no_failure(host: Host) -> None:
    command = [str(Path(sys.executable).with_name("ssh-audit")), "--json", "--skip-rate-test", stranger_s_address(host)]
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


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"Bogus": True}, "Bad configuration option: Bogus"), ({"PermitRootLogin": "perhaps"}, "perhaps")],
)
def test_settings_that_sshd_refuses_are_named_and_not_written(
    host: Host, harden: Harden, settings: dict[str, Any], words: str
) -> None:
    before = host.file(SSHD).content_string
    done = harden(**settings)
    assert done.status != 0
    assert words in done.output
    assert "the present one stays in place" in done.output
    assert host.file(SSHD).content_string == before


@pytest.mark.fault
def test_settings_that_lock_the_run_out_are_taken_back_by_the_host(host: Host, harden: Harden) -> None:
    before = host.file(SSHD).content_string
    done = harden(AllowUsers="nobody")
    assert done.status != 0
    assert "does not get in with them" in done.output
    assert "has gone back to what it had before" in done.output
    assert host.file(SSHD).content_string == before
    again = harden()
    assert (again.status, again.changed) == (0, 0), again.output


@pytest.mark.fault
def test_a_loss_of_power_leaves_nothing_that_nobody_has_confirmed(
    host: Host, harden: Harden, pytestconfig: pytest.Config
) -> None:
    before, inventory = host.file(SSHD).content_string, pytestconfig.getoption("ansible_inventory")
    with ThreadPoolExecutor() as beside:
        done = beside.submit(harden, AllowUsers="nobody")
        host.check_output("timeout 60 sh -c 'until grep -q nobody %s; do sleep 0.1; done'", SSHD)
        nodes.lab("kill", inventory, nodes.name(host))
        # It waits until its operator gets in.
        nodes.lab("up", inventory)
        assert host.file(SSHD).content_string == before
        assert done.result().status != 0
