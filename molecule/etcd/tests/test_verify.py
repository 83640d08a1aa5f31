"""Verify calls the store good when it is one store with all members, and not when one of them keeps its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from testinfra.host import Host
from testkit import nodes, playbook

PLAYS = f"""
- import_playbook: {playbook.ROOT}/playbooks/topology.yml
- hosts: etcd
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {{name: privatechat.platform.etcd, tasks_from: verify}}
    - ansible.builtin.assert:
        that: etcd_findings | rejectattr('ok') | length == 0
        fail_msg: "{{{{ etcd_findings | map(attribute='found') | join('; ') }}}}"
"""


@pytest.mark.fault
def test_a_member_with_a_store_of_its_own_is_told(
    members: list[Host], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    whole = playbook.play_text(PLAYS, inventory, tmp_path)
    assert whole.status == 0, whole.output
    apart = members[-1]
    name, address = nodes.name(apart), nodes.address(apart)
    nodes.kill(apart, "etcd.service")
    apart.check_output("mv /var/lib/etcd/default/member /var/lib/etcd/away")
    alone = f"ETCD_INITIAL_CLUSTER_STATE=new\\nETCD_INITIAL_CLUSTER={name}=https://{address}:2380\\n"
    apart.check_output("printf %s > /etc/etcd/bootstrap.env && systemctl start etcd.service", alone)
    split = playbook.play_text(PLAYS, inventory, tmp_path)
    nodes.kill(apart, "etcd.service")
    apart.check_output("rm -rf /var/lib/etcd/default/member")
    apart.check_output("mv /var/lib/etcd/away /var/lib/etcd/default/member")
    assert split.status != 0
    words = f"1 of 3 members healthy, the cluster of this one has https://{address}:2379"
    assert words in " ".join(split.output.split())
