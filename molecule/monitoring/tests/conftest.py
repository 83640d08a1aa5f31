"""Prometheus of the node, and those who are told of alerts there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testinfra.host import Host
from testkit import prometheus
from testkit.prometheus import Prometheus
from testkit.receivers import Receivers


@pytest.fixture(scope="module")
def watcher(host: Host) -> Prometheus:
    return prometheus.of(host)


@pytest.fixture(scope="module")
def receivers(host: Host) -> Iterator[Receivers]:
    if host.system_info.codename == "bookworm":
        pytest.skip("the mail server of Debian 12, OpenSMTPD 6.8, cannot sign with keys of elliptic curves")
    variables = host.ansible.get_variables()
    made = Receivers(host, variables["monitoring_smtp_user"], variables["monitoring_smtp_password"])
    try:
        made.start()
        yield made
    finally:
        made.stop()
