"""The members of the database, in step before and after a test that breaks some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host
from testkit import nodes, playbook, postgresql


@pytest.fixture
def members(pytestconfig: pytest.Config) -> Iterator[list[Host]]:
    """Yield the members; whatever a test stopped runs again afterwards."""
    hosts = nodes.of(pytestconfig, "postgresql")
    postgresql.in_step(hosts)
    yield hosts
    nodes.start(hosts, "etcd.service")
    nodes.start(hosts, "patroni.service")
    postgresql.in_step(hosts)


@pytest.fixture
def primary(members: list[Host]) -> Host:
    """Return the member that leads when the test begins."""
    return postgresql.primary_of(members)


@pytest.fixture
def replicas(members: list[Host], primary: Host) -> list[Host]:
    """Return the others."""
    return [host for host in members if host is not primary]


@pytest.fixture
def writer(members: list[Host]) -> Iterator[postgresql.Writer]:
    """Yield a client that writes all the time from a chat host."""
    client = postgresql.Writer(nodes.sibling(members[0], "chat"), members)
    client.start()
    yield client
    client.stop()


@pytest.fixture
def play(pytestconfig: pytest.Config) -> Callable[..., playbook.Run]:
    """Return a function that runs the database's playbook with arguments."""
    return lambda *arguments: playbook.play(
        "topology postgresql", pytestconfig.getoption("ansible_inventory"), *arguments
    )
