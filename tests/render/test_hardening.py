"""What the role hands to sshd, apt, systemd and the kernel says what its inputs promise."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from render import parsers, rendering

SSHD = "privatechat.platform.sshd_settings"
APT = "/etc/apt/apt.conf.d/91privatechat-updates"
SYSCTL = "/etc/sysctl.d/91-privatechat-hardening.conf"
TIMER = "/etc/systemd/system/apt-daily-upgrade.timer.d/50-privatechat.conf"


def problems(sample: str, **more: Any) -> Any:
    """Return what the role's preflight has against a sample."""
    known = {**rendering.variables("hardening", sample, "13"), **more}
    ((_task, own),) = rendering.tasks_with_variables(rendering.load("roles/hardening/tasks/preflight.yml"), {})
    return Templar(loader=DataLoader(), variables={**known, **own}).template(own["__hardening_problems"])


def sshd_settings(sample: str, release: str) -> str:
    """Return the text of sshd's file."""
    known = rendering.variables("hardening", sample, release)
    tasks = rendering.tasks_with_variables(rendering.load("roles/hardening/tasks/service.yml"), {})
    (wanted,) = (found[SSHD] for found, _own in tasks if SSHD in found)
    return str(Templar(loader=DataLoader(), variables=known).template(wanted)["content"])


def effective(text: str) -> dict[str, list[str]]:
    """Return what sshd makes of a file: the first value of each keyword counts, save where values add up."""
    found: dict[str, list[str]] = {}
    for line in parsers.meaningful(text):
        keyword, value = line.split(maxsplit=1)
        found.setdefault(keyword.lower(), []).append(value)
    return found


def release_of_sshd() -> str:
    """Return the Debian release whose sshd is here."""
    said = subprocess.run([parsers.program("sshd"), "-V"], capture_output=True, text=True, check=False).stderr
    version = re.search(r"OpenSSH_(\d+)", said)
    return "13" if version and int(version[1]) >= 10 else "12"


@pytest.mark.parametrize("sample", ["smallest", "largest"])
def test_sshd_takes_its_settings(sample: str, tmp_path: Path) -> None:
    try:
        sshd, release = parsers.program("sshd"), release_of_sshd()
    except parsers.MissingParserError as exc:
        pytest.skip(str(exc))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    (tmp_path / "sshd.conf").write_text(sshd_settings(sample, release))
    command = [sshd, "-T", "-f", str(tmp_path / "sshd.conf"), "-h", str(tmp_path / "key")]
    done = subprocess.run([*command, "-C", "user=operator"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"passwordauthentication no", "authenticationmethods publickey"} <= set(done.stdout.splitlines())
    assert "deprecated" not in done.stderr.lower()


@pytest.mark.parametrize("release", rendering.RELEASES)
def test_nobody_gets_in_with_a_password_and_nothing_weak_is_spoken(release: str) -> None:
    found = effective(sshd_settings("smallest", release))
    closed = ("passwordauthentication", "kbdinteractiveauthentication", "permitrootlogin", "permitemptypasswords")
    assert {found[name][0] for name in closed} == {"no"}
    assert found["authenticationmethods"] == ["publickey"]
    spoken = ",".join(found[name][0] for name in ("kexalgorithms", "ciphers", "macs", "hostkeyalgorithms"))
    assert re.findall(r"nistp|sha1\b|cbc|-group14|group-exchange|ssh-rsa", spoken) == []
    assert ("mlkem768x25519-sha256" in spoken) == (release == "13")


def test_an_operator_s_setting_comes_in_the_place_of_the_role_s() -> None:
    found = effective(sshd_settings("largest", "13"))
    assert found["permitrootlogin"] == ["prohibit-password"]
    assert found["allowusers"] == ["operator", "auditor@192.0.2.*"]
    assert (found["port"], found["x11forwarding"]) == (["22", "2222"], ["yes"])
    assert found["passwordauthentication"] == ["no"]


def test_updates_come_from_security_only_and_leave_daemons_of_clusters_alone() -> None:
    text = rendering.written("hardening", "smallest", "13")[APT]
    origins = re.findall(r'"(origin=.*)"', text)
    assert origins == ["origin=Debian,codename=${distro_codename}-security,label=Debian-Security"]
    held = re.findall(r'^    "([\w-]+)";', text, re.MULTILINE)
    daemons = ["etcd-server", "haproxy", "keepalived", "patroni", "postgresql-17", "rabbitmq-server", "redis-server"]
    assert [name for name in daemons if not any(name.startswith(start) for start in held)] == []
    assert not any("openssl".startswith(start) or "linux-image-amd64".startswith(start) for start in held)


@pytest.mark.parametrize(("sample", "calendar"), [("smallest", "*-*-* 03:00"), ("largest", "Tue,Thu *-*-* 23:45")])
def test_systemd_knows_the_window(sample: str, calendar: str) -> None:
    assert f"OnCalendar={calendar}\n" in rendering.written("hardening", sample, "13")[TIMER]
    try:
        assert parsers.complaint([parsers.program("systemd-analyze"), "calendar", calendar]) == ""
    except parsers.MissingParserError as exc:
        pytest.skip(str(exc))


def test_a_container_is_told_nothing_of_the_kernel_but_its_network() -> None:
    machine, container = (rendering.written("hardening", name, "13") for name in ("smallest", "container"))
    assert {line.split(".")[0] for line in parsers.meaningful(container[SYSCTL])} == {"net"}
    assert "kernel.core_pattern = |/bin/false" in machine[SYSCTL]
    assert set(machine) - set(container) == {"/etc/modprobe.d/privatechat.conf"}


def test_no_other_role_sets_the_same_kernel_settings() -> None:
    base = rendering.load("roles/base/defaults/main.yml")["base_sysctl"]
    hardening = rendering.load("roles/hardening/defaults/main.yml")["hardening_sysctl"]
    assert set(base) & set(hardening) == set()
    # What keepalived and machines with several ways out rely on is the operator's.
    assert not any(name.endswith(("rp_filter", "ip_nonlocal_bind", "ip_forward")) for name in hardening)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("hardening_sshd_settings", {"Match": "User a"}, "has Match, after which sshd reads"),
        ("hardening_umask", "27", "'27' and has to be three octal digits"),
        ("hardening_updates_start", "3am", "'3am' and has to be a time"),
        ("hardening_updates_window_minutes", 0, "is 0 and may be 1 to 1439"),
        ("hardening_updates_days", ["Tue", "Funday"], "names Funday; days are Mon"),
    ],
)
def test_inputs_that_no_host_understands_are_named(name: str, value: Any, words: str) -> None:
    (problem,) = problems("smallest", **{name: value})
    assert words in problem
    assert (problems("smallest"), problems("largest")) == ([], [])
