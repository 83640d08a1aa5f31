#!/usr/bin/env python3
"""Writes what docs/ and awx/ repeat of other files: tables, the picture, the type of the credential with secrets."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import Any

import awx_credential_types
import platform_picture
import tested_table
import yaml
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from markers import ROOT, MarkerError, rewrite, table

SOURCE = ROOT / "playbooks/vars/platform.yml"
USERS = (100, 1000, 10000)


def ports(platform: dict[str, Any]) -> str:
    """Return both tables of ports: the flows between hosts, and the listeners on the loopback address."""
    tiers, flows = platform["platform_tiers"], platform["platform_flows"]
    between = [[flow["from"], flow["to"], opened(tiers.get(flow["to"], {}), flow), flow["purpose"]] for flow in flows]
    inside = [
        [tier, f"127.0.0.1:{port}/tcp", name.replace("_", " ")]
        for tier, rules in tiers.items()
        for name, port in rules.get("listeners", {}).items()
    ]
    return "\n\n".join(
        [
            table(["From", "To", "Port", "Purpose"], between),
            "On the loopback address of each host of a tier:",
            table(["Tier", "Address", "Leads to"], inside),
        ]
    )


def opened(tier: dict[str, Any], flow: dict[str, Any]) -> str:
    """Return what a flow opens, as people write it: ports with their protocol, or a protocol without ports."""
    if "protocol" in flow:
        return str(flow["protocol"]).upper()
    return f"{tier.get('ports', {}).get(flow['port'], flow['port'])}/tcp"


def chat_plan(platform: dict[str, Any], users: int, hosts: int) -> dict[str, Any]:
    """Return the plan of the chat server's processes without federation."""
    members = [{"name": f"chat{number}", "address": f"192.0.2.{number}"} for number in range(1, hosts + 1)]
    made: dict[str, Any] = planner().build(
        members, users, platform["platform_tiers"]["chat"]["ports"], federation=False
    )
    return made


def planner() -> Any:
    """Return the module that plans; Ansible's own finder knows the collection, which is not on Python's path."""
    name = "ansible_collections.privatechat.platform.plugins.plugin_utils._chat_plan"
    if name not in sys.modules:
        _AnsibleCollectionFinder(paths=[str(ROOT / ".cache/collections")])._install()
    return import_module(name)


def sizes(platform: dict[str, Any]) -> str:
    """Return what a member of each tier takes of its host, and the sum for one machine in every group."""
    needs = {tier: rules["needs"] for tier, rules in platform["platform_tiers"].items()}
    plans = {users: chat_plan(platform, users, 1) for users in USERS} if "chat" in needs else {}
    memory = {tier: [memory_mb(need, users) for users in USERS] for tier, need in needs.items()}
    cores = {tier: [need.get("cores", 0)] * len(USERS) for tier, need in needs.items()}
    if plans:
        memory["chat"] = [plan["memory_mb"]["chat1"] for plan in plans.values()]
        cores["chat"] = [plan["cores"]["chat1"] for plan in plans.values()]
    rows = [[tier, f"{need['disk_gb']} GB", *map(amount, memory[tier], cores[tier])] for tier, need in needs.items()]
    disk = sum(need["disk_gb"] for need in needs.values())
    most = map(amount, map(sum, zip(*memory.values(), strict=True)), map(max, zip(*cores.values(), strict=True)))
    rows.append(["**one machine**", f"**{disk} GB**", *(f"**{cell}**" for cell in most)])
    return table(["Tier", "Disk", *(f"{users} users" for users in USERS)], rows)


def amount(memory: int, cores: int) -> str:
    """Return memory and cores as people write them."""
    return f"{memory} MB, {cores} core{'s' if cores > 1 else ''}"


def memory_mb(need: dict[str, int], users: int) -> int:
    """Return the memory that one member takes for so many users."""
    return need.get("memory_mb", 0) + need.get("memory_mb_per_1000_users", 0) * users // 1000


def processes(platform: dict[str, Any]) -> str:
    """Return how many processes of each kind the chat server has, and what they take together."""
    columns = [(users, hosts) for users in USERS for hosts in (1, 2)]
    plans = [chat_plan(platform, users, hosts) for users, hosts in columns]
    counts = [Counter(kind_of(process["name"]) for process in plan["processes"]) for plan in plans]
    kinds = dict.fromkeys(kind for count in reversed(counts) for kind in count)
    rows = [[kind, *(str(count[kind] or "") for count in counts)] for kind in kinds]
    rows.append(["**processes**", *(f"**{len(plan['processes'])}**" for plan in plans)])
    rows.append(["database sessions", *(str(plan["connections"]) for plan in plans)])
    rows.append(
        ["memory of the hosts", *(" + ".join(f"{mb} MB" for mb in plan["memory_mb"].values()) for plan in plans)]
    )
    titles = [f"{users} users, {hosts} host{'s' if hosts > 1 else ''}" for users, hosts in columns]
    return table(["Kind", *titles], rows)


def kind_of(name: str) -> str:
    """Return the kind of a process from its name: sync2-3 is a sync."""
    return re.sub(r"[-0-9]+$", "", name)


# A table's name, its page and who makes it.
TABLES: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "ports": ("ports", ports),
    "sizes": ("sizes", sizes),
    "processes": ("sizes", processes),
    "stages": ("tested", lambda _platform: tested_table.stages()),
}
# A file that is generated as a whole, and who makes it.
FILES: dict[str, Callable[[dict[str, Any]], str]] = {
    "docs/architecture.svg": platform_picture.draw,
    "awx/credential_types.yml": awx_credential_types.build,
}


def update(name: str, *, check: bool) -> bool:
    """Bring the table of that name up to date unless `check`; tell whether it was out of date."""
    page, make = TABLES[name]
    return rewrite(ROOT / f"docs/{page}.md", name, make(yaml.safe_load(SOURCE.read_text())), check=check)


def rewrite_file(name: str, *, check: bool) -> bool:
    """Bring a generated file up to date unless `check`; tell whether it was out of date."""
    path = ROOT / name
    wanted = FILES[name](yaml.safe_load(SOURCE.read_text()))
    stale = not path.exists() or path.read_text() != wanted
    if stale and not check:
        path.write_text(wanted)
    return stale


def main() -> int:
    """Update or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; end with status 1 if a page is stale")
    args = parser.parse_args()
    try:
        stale = [f"docs/{TABLES[name][0]}.md: the table {name}" for name in TABLES if update(name, check=args.check)]
        stale += [name for name in FILES if rewrite_file(name, check=args.check)]
    except (MarkerError, tested_table.UnknownStageError, OSError) as exc:
        print(f"Cannot write a table: {exc}", file=sys.stderr)
        return 1
    for part in stale:
        print(f"{part} {'is stale; run tools/platform_tables.py' if args.check else 'was updated'}")
    return 1 if stale and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
