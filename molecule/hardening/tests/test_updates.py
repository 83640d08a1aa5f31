"""Verify names the packages that have a newer version and that unattended updates leave to the operator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from testinfra.host import Host
from testkit import nodes, playbook

testinfra_hosts = ["ansible://node1"]

REPOSITORY = "/srv/newer"
SOURCE = "/etc/apt/sources.list.d/newer.list"
# Only the list is read: nobody installs what it names.
STANZA = "Package: {}\nVersion: 99:1\nArchitecture: all\nFilename: ./none.deb\nSize: 1\nSHA256: {:064}\n\n"
UPDATE = f"apt-get -q update -o Dir::Etc::sourcelist={SOURCE} -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0"
PLAY = """
- hosts: {}
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.setup: {{gather_subset: [min, virtual]}}
    - ansible.builtin.include_role: {{name: privatechat.platform.hardening, tasks_from: verify}}
    - ansible.builtin.assert:
        that: hardening_findings | map(attribute='found') | last == wanted
        fail_msg: "{{{{ hardening_findings | map(attribute='found') | join(', ') }}}}"
  vars:
    wanted: "daily from 03:00 for 120 minutes; yours to update: {}"
"""


@pytest.fixture
def newer(host: Host) -> Iterator[str]:
    """Let a repository have a newer version of a package that is updated by itself, and of the held one returned."""
    names = ["haproxy", "openssh-server"]
    stanzas = "".join(STANZA.format(name, 0) for name in names)
    host.check_output(f"mkdir -p {REPOSITORY} && printf %s > {REPOSITORY}/Packages", stanzas)
    host.check_output(f"printf %s > {SOURCE} && {UPDATE}", f"deb [trusted=yes] file:{REPOSITORY} ./\n")
    yield names[0]
    host.check_output(f"rm -r {SOURCE} {REPOSITORY} /var/lib/apt/lists/*newer*")


def test_a_held_package_with_a_newer_version_is_the_operator_s_to_update(
    host: Host, newer: str, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    play = PLAY.format(nodes.name(host), newer)
    run = playbook.play_text(play, pytestconfig.getoption("ansible_inventory"), tmp_path)
    assert run.status == 0, run.output
