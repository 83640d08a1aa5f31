"""The members of etcd, all healthy before and after a test that breaks some of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testinfra.host import Host
from testkit import etcd, nodes


@pytest.fixture
def members(pytestconfig: pytest.Config) -> Iterator[list[Host]]:
    """Yield the members; whatever a test stopped runs again afterwards."""
    hosts = nodes.of(pytestconfig, "etcd")
    etcd.all_serve(hosts)
    yield hosts
    nodes.start(hosts, "etcd.service")
    etcd.all_serve(hosts)
    etcd.etcdctl(hosts[0], "del --prefix test/")
