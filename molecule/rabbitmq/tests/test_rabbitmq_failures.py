"""What survives the death of a member, the loss of its data, and a change of its configuration."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import testinfra
from testinfra.host import Host
from testkit import queue, wait
from testkit.playbook import play

# One member looks on; it plays with the others.
testinfra_hosts = ["ansible://node1"]
NAME = "test.failures"
Members = dict[str, Host]


@pytest.fixture
def members(pytestconfig: pytest.Config) -> Members:
    """Return the members by the names that they have in the cluster."""
    inventory = pytestconfig.getoption("ansible_inventory")
    hosts = testinfra.get_hosts(["ansible://rabbitmq"], ansible_inventory=inventory, sudo=True)
    for host in hosts:
        queue.prepare(host)
    return {f"rabbit@{host.backend.get_hostname()}.privatechat.internal": host for host in hosts}


@pytest.fixture(autouse=True)
def _queue(members: Members) -> Iterator[None]:
    some = next(iter(members.values()))
    assert queue.amqp(some, "declare", NAME).succeeded
    yield
    assert queue.amqp(some, "delete", NAME).succeeded


def all_run(members: Members) -> None:
    """Wait until every member sees every other."""

    def complete() -> bool:
        return all(queue.running(host) == sorted(members) for host in members.values())

    wait.until(complete, what="all members running", seconds=120)


def process_of(host: Host) -> str:
    """Return the number of the member's process."""
    return host.check_output("systemctl show --property=MainPID --value rabbitmq-server.service")


def test_a_confirmed_message_survives_the_death_of_its_queue_s_leader(members: Members) -> None:
    leader = queue.told(members[min(members)], f"/queues/privatechat/{NAME}")["leader"]
    others = [host for name, host in members.items() if name != leader]
    assert queue.amqp(members[leader], "publish", NAME, "kept").succeeded
    members[leader].check_output("kill -KILL %s", process_of(members[leader]))

    def received() -> list[str]:
        return queue.amqp(others[0], "receive", NAME).stdout.split()

    assert wait.until(received, what="the message being received elsewhere") == ["kept"]
    assert queue.amqp(others[1], "publish", NAME, "more").succeeded
    all_run(members)


@pytest.mark.fault
def test_a_member_that_lost_its_data_comes_back_with_its_copies(members: Members, pytestconfig: pytest.Config) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    lost = max(members)
    survivor = members[min(members)]
    assert queue.amqp(survivor, "publish", NAME, "one", "two").succeeded
    members[lost].check_output("systemctl stop rabbitmq-server && rm -r /var/lib/rabbitmq/mnesia")
    done = play("data", inventory, "--tags", "rabbitmq,always")
    assert done.status == 0, done.output
    all_run(members)
    copies = queue.told(survivor, f"/queues/privatechat/{NAME}")
    assert sorted(copies["members"]) == sorted(copies["online"]) == sorted(members)
    assert queue.amqp(members[lost], "receive", NAME).stdout.split() == ["one", "two"]


@pytest.mark.fault
def test_a_member_alone_in_the_run_forms_no_cluster_of_its_own(members: Members, pytestconfig: pytest.Config) -> None:
    lost = max(members)
    name = members[lost].backend.get_hostname()
    for host in members.values():
        host.check_output("systemctl stop rabbitmq-server")
    members[lost].check_output("mv /var/lib/rabbitmq/mnesia /var/lib/rabbitmq/away")
    done = play("data", pytestconfig.getoption("ansible_inventory"), "--tags", "rabbitmq,always", "--limit", name)
    members[lost].check_output("rm -rf /var/lib/rabbitmq/mnesia && mv /var/lib/rabbitmq/away /var/lib/rabbitmq/mnesia")
    for host in members.values():
        host.check_output("systemctl start --no-block rabbitmq-server")
    all_run(members)
    assert done.status != 0
    assert "may have a cluster already" in " ".join(done.output.split())


@pytest.mark.fault
def test_members_with_a_new_configuration_restart_one_after_the_other(
    members: Members, pytestconfig: pytest.Config
) -> None:
    before = {name: process_of(host) for name, host in members.items()}
    assert queue.amqp(members[min(members)], "publish", NAME, "kept").succeeded
    for host in members.values():
        host.check_output("touch /etc/rabbitmq/conf.d/10-privatechat.conf")
    done = play("data", pytestconfig.getoption("ansible_inventory"), "--tags", "rabbitmq,always")
    assert done.status == 0, done.output
    restarts = [task for task in done.changed_tasks if task.endswith("restart | Restart RabbitMQ")]
    assert len(restarts) == len(members), done.changed_tasks
    assert all(process_of(host) != before[name] for name, host in members.items())
    assert queue.running(members[max(members)]) == sorted(members)
    assert queue.amqp(members[max(members)], "receive", NAME).stdout.split() == ["kept"]
