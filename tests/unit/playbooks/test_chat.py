"""The chat stage alone: files stay where they are, passwords on the host that needs them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml
from testkit.playbook import given, play, play_text

from house import tree

HOSTS = {
    name: {"platform_address": f"192.0.2.{number}", "ansible_python_interpreter": sys.executable}
    for number, name in enumerate(("chat1", "chat2"), start=1)
}
SETTINGS = {
    "ansible_connection": "local",
    "ansible_become": False,
    "platform_chat_domain": "example.com",
    "platform_public_name": "chat.example.com",
}
TOPOLOGY = """
- name: Who is where
  import_playbook: {}/playbooks/topology.yml
"""
PLAY = """
- name: Who is meant
  hosts: {hosts}
  gather_facts: false
  tasks:
    - name: Say so
      ansible.builtin.debug:
        msg: {playbook} is for {{{{ inventory_hostname }}}}
"""


def inventory(directory: Path) -> Path:
    """Write an inventory of two chat hosts, of which the first has all other tiers as well."""
    tiers = yaml.safe_load(tree.text("playbooks/vars/platform.yml"))["platform_tiers"]
    groups = {tier: {"hosts": {"chat1": None, **({"chat2": None} if tier == "chat" else {})}} for tier in tiers}
    (directory / "hosts.yml").write_text(json.dumps({"all": {"hosts": HOSTS, "vars": SETTINGS, "children": groups}}))
    return directory / "hosts.yml"


def test_accounts_are_made_on_the_host_of_the_main_process(tmp_path: Path) -> None:
    meant = {
        playbook: entry["hosts"]
        for playbook in ("synapse", "users")
        for entry in tree.playbooks()[playbook]
        if "accounts" in entry["name"] or "people" in entry["name"]
    }
    plays = [PLAY.format(playbook=playbook, hosts=hosts) for playbook, hosts in meant.items()]
    places = given(platform_chat_places=["chat2", "chat1"])
    run = play_text(TOPOLOGY.format(tree.ROOT) + "".join(plays), inventory(tmp_path), tmp_path, *places)
    assert run.status == 0, run.output
    found = {playbook: [name for name in HOSTS if f"{playbook} is for {name}" in run.output] for playbook in meant}
    assert found == {"synapse": ["chat2"], "users": ["chat2"]}, run.output


def test_main_does_not_move_without_a_word(tmp_path: Path) -> None:
    note = {"homes": {"main": "chat2", "media1": "chat2"}}
    facts = {"distribution_release": "trixie", "ansible_local": {"privatechat_chat": note}}
    run = play("topology synapse", inventory(tmp_path), "--check", *given(ansible_facts=facts))
    assert run.status == 2, run.output
    assert "'main' runs on host 'chat2' and would move to 'chat1'" in " ".join(run.output.split()), run.output
