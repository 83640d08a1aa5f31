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


@pytest.mark.fault
def test_a_member_that_lost_its_data_is_brought_back_by_the_playbook(
    members: list[Host], pytestconfig: pytest.Config
) -> None:
    wiped, witness, _other = members
    assert etcd.writes(witness, "kept")
    before = {member["name"]: member["ID"] for member in etcd.members(witness)}
    nodes.kill(wiped, "etcd.service")
    wiped.check_output("rm -rf /var/lib/etcd/default/member")
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
