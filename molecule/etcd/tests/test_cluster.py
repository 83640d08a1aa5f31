"""What three members bear, and how a member that lost everything comes back."""

from __future__ import annotations

from functools import partial

import pytest
from testinfra.host import Host
from testkit import etcd, nodes, playbook, wait


def holds(host: Host, value: str) -> bool:
    """Tell whether the member reads this value."""
    return etcd.reads(host) == value


def test_a_write_through_one_member_is_read_through_every_other(members: list[Host]) -> None:
    for writer in members:
        value = f"by-{nodes.name(writer)}"
        assert etcd.writes(writer, value)
        assert [etcd.reads(reader) for reader in members] == [value] * len(members)


def test_the_loss_of_a_member_leaves_the_store_writable(members: list[Host]) -> None:
    for lost in members:
        rest = [host for host in members if host is not lost]
        nodes.kill(lost, "etcd.service")
        wait.until(partial(etcd.writes, rest[0], "one-lost"), what="a write without one member")
        assert etcd.reads(rest[1]) == "one-lost"
        nodes.start([lost], "etcd.service")
        wait.until(partial(holds, lost, "one-lost"), what="the member catching up")


@pytest.mark.fault
def test_without_a_majority_writes_fail_until_one_member_is_back(members: list[Host]) -> None:
    last, *lost = members
    assert etcd.writes(last, "before")
    for host in lost:
        nodes.kill(host, "etcd.service")
    assert not etcd.writes(last, "without-majority")
    nodes.start(lost[:1], "etcd.service")
    # What was refused for want of time may have been kept, so either value is right.
    wait.until(partial(etcd.reads, last), what="the majority serving again")
    assert etcd.writes(last, "after")
    assert etcd.reads(lost[0]) == "after"


def test_a_member_without_data_does_not_start_by_itself(members: list[Host]) -> None:
    lost, witness, _other = members
    before = etcd.members(witness)
    nodes.kill(lost, "etcd.service")
    lost.check_output("mv /var/lib/etcd/default/member /var/lib/etcd/away")
    lost.run("systemctl start etcd.service")
    wait.until(partial(etcd.writes, witness, "one-lost"), what="a write without one member")
    runs = lost.run("systemctl is-active etcd.service").stdout.strip() == "active"
    made = lost.file("/var/lib/etcd/default/member/wal").exists
    lost.check_output("systemctl stop etcd.service && rm -rf /var/lib/etcd/default/member")
    lost.check_output("mv /var/lib/etcd/away /var/lib/etcd/default/member")
    assert (runs, made) == (False, False), "it made a cluster of its own, or came back under its old identity"
    assert etcd.members(witness) == before


@pytest.mark.fault
def test_a_member_that_lost_its_data_is_brought_back_by_the_playbook_however_often(
    members: list[Host], pytestconfig: pytest.Config
) -> None:
    wiped, witness, _other = members
    assert etcd.writes(witness, "kept")
    # The second time it is a member that joined, not one of those that formed the cluster.
    for _time in range(2):
        before = {member["name"]: member["ID"] for member in etcd.members(witness)}
        # As when a disk is lost: nobody has stopped the unit, and systemd starts it again.
        wiped.check_output("systemctl kill --signal=KILL etcd.service && rm -rf /var/lib/etcd/default/member")
        run = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"))
        assert run.status == 0, run.output
        after = etcd.members(witness)
        assert {member["name"] for member in after} == set(before)
        assert not any(member.get("isLearner") for member in after)
        changed = [member["name"] for member in after if before[member["name"]] != member["ID"]]
        assert changed == [nodes.name(wiped)], "it voted under its old identity, or others lost theirs"
    nodes.kill(witness, "etcd.service")
    wait.until(partial(holds, wiped, "kept"), what="the member having all data and a vote")
    assert etcd.writes(wiped, "voted")


@pytest.mark.fault
def test_a_host_that_was_replaced_under_another_address_joins_in_place_of_what_it_was(
    members: list[Host], pytestconfig: pytest.Config
) -> None:
    replaced, witness, _other = members
    own = next(member for member in etcd.members(witness) if member["name"] == nodes.name(replaced))
    nodes.kill(replaced, "etcd.service")
    replaced.check_output("rm -rf /var/lib/etcd/default/member")
    # Its former self is known by an address that nobody has any more.
    moved = f"member update {own['ID']:x} --peer-urls https://10.91.9.99:2380"
    assert etcd.etcdctl(witness, moved).succeeded
    run = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"))
    assert run.status == 0, run.output
    after = etcd.members(witness)
    assert sorted(member["name"] for member in after) == sorted(map(nodes.name, members))
    assert not [member for member in after if "https://10.91.9.99:2380" in member["peerURLs"]]


@pytest.mark.fault
def test_a_member_alone_in_the_run_forms_no_cluster_of_its_own(
    members: list[Host], pytestconfig: pytest.Config
) -> None:
    lost = members[-1]
    for host in members:
        nodes.kill(host, "etcd.service")
    lost.check_output("mv /var/lib/etcd/default/member /var/lib/etcd/away")
    run = playbook.play("topology etcd", pytestconfig.getoption("ansible_inventory"), "--limit", nodes.name(lost))
    lost.check_output("rm -rf /var/lib/etcd/default/member")
    lost.check_output("mv /var/lib/etcd/away /var/lib/etcd/default/member")
    assert run.status != 0
    assert "may have a cluster already" in " ".join(run.output.split())
