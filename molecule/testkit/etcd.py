"""The store as a client sees it through each member."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from testinfra.backend.base import CommandResult
from testinfra.host import Host

from testkit import nodes, wait

AUTHORITY = "--cacert /etc/privatechat/tls/ca.pem"
CERTIFICATE = "--cert /etc/privatechat/tls/etcd/cert.pem --key /etc/privatechat/tls/etcd/key.pem"


def etcdctl(host: Host, arguments: str, *, options: str = f"{AUTHORITY} {CERTIFICATE}") -> CommandResult:
    """Run etcdctl against the member's address."""
    target = f"--endpoints https://{nodes.address(host)}:2379 --dial-timeout 2s --command-timeout 5s"
    return host.run(f"ETCDCTL_API=3 etcdctl {target} {options} {arguments}")


def writes(host: Host, value: str) -> bool:
    """Tell whether the member takes a write."""
    return bool(etcdctl(host, f"put test/key {value}").succeeded)


def reads(host: Host) -> str:
    """Return what was written last, as the whole cluster knows it; nothing when the member cannot say."""
    return str(etcdctl(host, "get --print-value-only test/key").stdout).strip()


def members(host: Host) -> list[dict[str, Any]]:
    """Return the cluster's members as this one knows them."""
    found: list[dict[str, Any]] = json.loads(etcdctl(host, "member list -w json").stdout)["members"]
    return found


def all_serve(hosts: list[Host]) -> None:
    """Wait until every member takes writes."""
    for host in hosts:
        wait.until(partial(writes, host, "healed"), what=f"{nodes.name(host)} taking writes")
