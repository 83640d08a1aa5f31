"""Bad inputs end the deployment with one clear error, and nothing has changed on the node or in the inventory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from testinfra.host import Host
from testkit.playbook import Run, play
from testkit.wait import port_answers

testinfra_hosts = ["ansible://all"]
PLAYBOOK = "site"
TIERS = ["edge", "chat", "etcd", "postgresql", "redis"]
STATIC = "/etc /opt /root /srv /usr /var/lib/dpkg"
Deploy = Callable[..., Run]


def fingerprint(host: Host) -> str:
    """Return a digest of the node's files, with owners, modes and times of change, and of its packages."""
    files = f"find {STATIC} -xdev -not -name __pycache__ -printf '%p %m %U %G %s %T@ %C@\\n' | sort"
    return host.check_output(f"({files}; dpkg -l) | sha256sum")


def variables(host: Host, inventory: str) -> dict[str, Any]:
    """Return what the inventory under test says of the node: how to reach it, and the operator's settings."""
    command = [sys.executable, "-m", "ansible", "inventory", "-i", inventory, "--host", host.backend.get_hostname()]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {name: value for name, value in listed.items() if not name.startswith("platform_secret")}


@pytest.fixture
def deploy(host: Host, pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Deploy]:
    """Return a function that runs site.yml on a changed inventory; afterwards nothing may have changed."""
    settings, before = variables(host, pytestconfig.getoption("ansible_inventory")), fingerprint(host)
    group_vars = tmp_path / "group_vars" / "all"
    group_vars.mkdir(parents=True)

    def run(*arguments: str, groups: dict[str, list[str]] | None = None, **changes: Any) -> Run:
        members = {tier: ["node1"] for tier in TIERS} | (groups or {})
        children = {tier: {"hosts": dict.fromkeys(names)} for tier, names in members.items()}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": children}}))
        known = {name: value for name, value in (settings | changes).items() if value is not None}
        (group_vars / "main.yml").write_text(yaml.safe_dump(known))
        return play(PLAYBOOK, tmp_path, *arguments)

    yield run
    assert fingerprint(host) == before
    assert not (group_vars / "secrets.yml").exists()


def problems(run: Run) -> list[str]:
    """Return the numbered problems of a refused run."""
    assert run.status == 2, run.output
    assert run.changed == 0, run.changed_tasks
    (error,) = re.findall(r"^\[ERROR\]: (.*?)^Origin:", run.output, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\d+\. (.*)", error, re.MULTILINE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groups": {"redis": []}}, "The inventory group 'redis' has 0 hosts"),
        ({"groups": {"etcd": ["node1", "node2"]}}, "The inventory group 'etcd' has 2 hosts; an even number"),
        ({"ansible_host": "10.91.9.999"}, "Host 'node1' has the address '10.91.9.999'"),
        ({"platform_chat_domain": None}, "platform_chat_domain is not set"),
        ({"platform_public_name": "chat_example"}, "platform_public_name is 'chat_example'"),
        ({"platform_users": 1_000_000}, "for 1000000 users need"),
        ({"platform_certificate_source": "provided"}, "platform_public_certificate_file is not set"),
    ],
)
def test_a_bad_input_is_refused_with_one_clear_error(deploy: Deploy, changes: dict[str, Any], words: str) -> None:
    found = problems(deploy(**changes))
    assert [problem for problem in found if words in problem], found


def test_an_unknown_tier_in_a_flow_is_refused(deploy: Deploy) -> None:
    flows = {"platform_flows": [{"from": "nowhere", "to": "edge", "port": "https"}]}
    (problem,) = problems(deploy("-e", json.dumps(flows)))
    assert "names the tier 'nowhere', which is not in platform_tiers" in problem


def test_a_certificate_for_other_names_is_refused(deploy: Deploy, tmp_path: Path) -> None:
    request = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=x -addext subjectAltName=DNS:www.example.com"
    )
    subprocess.run([*request.split(), "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True)
    own = {"platform_public_certificate_file": "cert.pem", "platform_public_key_file": "key.pem"}
    (problem,) = problems(deploy(platform_certificate_source="provided", **own))
    assert "does not cover platform_public_name 'chat.example.com': its names are www.example.com" in problem


def test_a_port_taken_by_something_else_is_refused(deploy: Deploy, host: Host) -> None:
    if host.run("systemctl is-active haproxy").rc == 0:
        pytest.skip("the edge runs on this node and holds its ports itself")
    host.check_output("systemd-run --quiet --unit squatter python3 -m http.server 80")
    try:
        port_answers(host, "127.0.0.1", 80)
        (problem,) = problems(deploy())
    finally:
        host.run("systemctl stop squatter")
    assert "Port 80 of host 'node1', which the tier 'edge' needs for http, is taken by 'python3'" in problem
    assert "squatter.service" in problem


def test_all_problems_are_told_at_once(deploy: Deploy) -> None:
    assert len(problems(deploy(groups={"redis": []}, platform_chat_domain=None, platform_users=1_000_000))) == 4


def test_an_inventory_without_the_platforms_groups_is_refused(deploy: Deploy) -> None:
    run = deploy(groups={tier: [] for tier in TIERS})
    assert (run.status, run.changed) == (2, 0)
    assert "none of the inventory groups etcd, postgresql, redis, chat, edge has a host" in run.output


def test_a_wrong_vault_password_is_refused(deploy: Deploy, tmp_path: Path) -> None:
    for name in ("right", "wrong"):
        (tmp_path / name).write_text(f"{name}\n")
    vault = [sys.executable, "-m", "ansible", "vault", "encrypt", "--vault-password-file", str(tmp_path / "right")]
    vaulted = tmp_path / "group_vars" / "all" / "vaulted.yml"
    vaulted.write_text("platform_secret_redis_password: x\n")
    subprocess.run([*vault, str(vaulted)], check=True)
    run = deploy("--vault-password-file", str(tmp_path / "wrong"))
    assert run.status != 0
    assert "Decryption failed" in run.output
    assert "PLAY RECAP" not in run.output
