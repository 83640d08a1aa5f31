#!/usr/bin/env python3
"""Writes the tables of ports and of sizes in docs/ from the platform's table of tiers and flows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import yaml
from markers import ROOT, MarkerError, rewrite, table

SOURCE = ROOT / "playbooks/vars/platform.yml"
USERS = (100, 1000, 5000)


def ports(platform: dict[str, Any]) -> str:
    """Return both tables of ports: the flows between hosts, and the listeners on the loopback address."""
    tiers, flows = platform["platform_tiers"], platform["platform_flows"]
    between = [[flow["from"], flow["to"], opened(tiers[flow["to"]], flow), flow["purpose"]] for flow in flows]
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


def opened(tier: dict[str, Any], flow: dict[str, str]) -> str:
    """Return what a flow opens, as people write it: ports with their protocol, or a protocol without ports."""
    return f"{tier['ports'][flow['port']]}/tcp" if "port" in flow else f"{flow['protocol'].upper()}"


def sizes(platform: dict[str, Any]) -> str:
    """Return what a member of each tier takes of its host, and the sum for one machine in every group."""
    needs = {tier: rules["needs"] for tier, rules in platform["platform_tiers"].items()}
    rows = [
        [tier, str(need["cores"]), f"{need['disk_gb']} GB", *(f"{memory_mb(need, users)} MB" for users in USERS)]
        for tier, need in needs.items()
    ]
    cores = max(need["cores"] for need in needs.values())
    disk = sum(need["disk_gb"] for need in needs.values())
    memory = [sum(memory_mb(need, users) for need in needs.values()) for users in USERS]
    rows.append(["**one machine**", f"**{cores}**", f"**{disk} GB**", *(f"**{amount} MB**" for amount in memory)])
    return table(["Tier", "Cores", "Disk", *(f"Memory, {users} users" for users in USERS)], rows)


def memory_mb(need: dict[str, int], users: int) -> int:
    """Return the memory that one member takes for so many users."""
    return need["memory_mb"] + need["memory_mb_per_1000_users"] * users // 1000


PAGES: dict[str, Callable[[dict[str, Any]], str]] = {"ports": ports, "sizes": sizes}


def update(name: str, *, check: bool) -> bool:
    """Bring the table on the page of that name up to date unless `check`; tell whether it was out of date."""
    generated = PAGES[name](yaml.safe_load(SOURCE.read_text()))
    return rewrite(ROOT / f"docs/{name}.md", name, generated, check=check)


def main() -> int:
    """Update or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; end with status 1 if a page is stale")
    args = parser.parse_args()
    try:
        stale = [name for name in PAGES if update(name, check=args.check)]
    except (MarkerError, OSError) as exc:
        print(f"Cannot write a table: {exc}", file=sys.stderr)
        return 1
    for name in stale:
        print(f"docs/{name}.md: the table {'is stale; run tools/platform_tables.py' if args.check else 'was updated'}")
    return 1 if stale and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
