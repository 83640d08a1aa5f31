"""Bad inputs end the deployment with one clear error, and nothing has changed on the node or in the inventory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host
from testkit.playbook import Run
from testkit.wait import port_answers

testinfra_hosts = ["ansible://node1"]
Deploy = Callable[..., Run]
Refused = Callable[..., list[str]]


BAD_GROUPS: dict[str, Any] = {
    "groups": {"redis": [], "etcd": ["node1", "node2"], "rabbitmq": ["Node1"]},
    "hosts": {"node1": {"ansible_host": "10.91.9.999"}, "Node1": {"ansible_host": "10.91.9.12"}},
}
BAD_SETTINGS: dict[str, Any] = {
    "platform_chat_domain": None,
    "platform_public_name": "chat_example",
    "platform_users": 1_000_000,
    "platform_certificate_source": "provided",
}
BAD_FIGURES: dict[str, Any] = {
    "groups": {"monitoring": ["node1"]},
    "platform_floating_address": "192.0.2.9/24",
    "postgresql_max_connections": 30,
    "monitoring_smtp_host": "",
}
OTHER_RELEASE = {"trixie": ("12", "bookworm"), "bookworm": ("13", "trixie")}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            BAD_GROUPS,
            [
                "The inventory group 'redis' has 0 hosts",
                "The inventory group 'etcd' has 2 hosts; an even number",
                "Host 'node1' has the address '10.91.9.999'",
                "Hosts 'Node1' and 'node2' have the same address",
                "The inventory names 'Node1' and 'node1', which are the same",
                "The machines of the hosts 'Node1' and 'node2' all call themselves",
            ],
        ),
        (
            BAD_SETTINGS,
            [
                "platform_chat_domain is not set",
                "platform_public_name is 'chat_example'",
                "platform_public_certificate_file is not set",
                "platform_public_key_file is not set",
                "Cannot plan the chat server: 1000000 users need",
                "of memory; etcd, postgresql, redis, rabbitmq, chat, edge for 1000000 users need",
            ],
        ),
        (
            BAD_FIGURES,
            [
                "of edge 'node1' is outside the network 192.0.2.0/24",
                "PostgreSQL cannot serve the chat server with postgresql_max_connections 30",
                "Alerts cannot be sent to ops@example.com: monitoring_smtp_host is not set",
            ],
        ),
    ],
    ids=["groups", "settings", "figures"],
)
def test_bad_inputs_are_refused_all_at_once(refused: Refused, changes: dict[str, Any], words: list[str]) -> None:
    found = refused(**changes)
    assert [said for said in words if not any(said in problem for problem in found)] == [], found
    assert [problem for problem in found if not any(said in problem for said in words)] == []


def test_two_machines_that_have_one_name_are_refused(refused: Refused, other: Host) -> None:
    other.check_output("hostname node1")
    try:
        (problem,) = refused(groups={"edge": ["node1", "node2"]})
    finally:
        other.check_output("hostname node2")
    assert "The machines of the hosts 'node1' and 'node2' all call themselves 'node1'" in problem


def test_two_releases_in_a_data_tier_are_refused(refused: Refused, other: Host) -> None:
    own, release = str(other.system_info.codename), "/usr/lib/os-release"
    number, name = OTHER_RELEASE[own]
    disguise = f's/VERSION_ID=.*/VERSION_ID="{number}"/; s/VERSION=.*/VERSION="{number} ({name})"/; s/{own}/{name}/'
    other.check_output(f"cp {release} /tmp/kept && sed -i '{disguise}' {release}")
    other.check_output("cp /etc/debian_version /tmp/kept.version && echo %s.1 > /etc/debian_version", number)
    try:
        (problem,) = refused(groups={"postgresql": ["node1", "node2"]})
    finally:
        other.check_output(f"mv /tmp/kept {release} && mv /tmp/kept.version /etc/debian_version")
    assert "The members of tier 'postgresql' run different releases" in problem


def test_an_unknown_tier_in_a_flow_is_refused(refused: Refused) -> None:
    flows = {"platform_flows": [{"from": "nowhere", "to": "edge", "port": "https"}]}
    (problem,) = refused("-e", json.dumps(flows))
    assert "names the tier 'nowhere', which is not in platform_tiers" in problem


def test_a_certificate_for_other_names_is_refused(refused: Refused, tmp_path: Path) -> None:
    request = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=x -addext subjectAltName=DNS:www.example.com"
    )
    subprocess.run([*request.split(), "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True)
    own = {"platform_public_certificate_file": "cert.pem", "platform_public_key_file": "key.pem"}
    (problem,) = refused(platform_certificate_source="provided", **own)
    assert "does not cover platform_public_name 'chat.example.com': its names are www.example.com" in problem


def test_a_port_taken_by_something_else_is_refused(refused: Refused, host: Host) -> None:
    if host.run("systemctl is-active haproxy").rc == 0:
        pytest.skip("the edge runs on this node and holds its ports itself")
    host.check_output("systemd-run --quiet --unit squatter python3 -m http.server 80")
    try:
        port_answers(host, "127.0.0.1", 80)
        (problem,) = refused()
    finally:
        host.run("systemctl stop squatter")
    assert "Port 80 of host 'node1', which the tier 'edge' needs for http, is taken by 'python3'" in problem
    assert "squatter.service" in problem


def test_an_inventory_without_the_platforms_groups_is_refused(deploy: Deploy) -> None:
    run = deploy(groups={tier: [] for tier in ("edge", "chat", "etcd", "postgresql", "redis", "rabbitmq")})
    assert (run.status, run.changed) == (2, 0)
    assert "the inventory groups etcd, postgresql, redis, rabbitmq, chat, edge, monitoring has a host" in run.output


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
