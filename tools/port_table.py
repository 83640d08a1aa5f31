#!/usr/bin/env python3
"""Writes the table of ports in docs/ports.md from the platform's table of tiers and flows."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import yaml
from markers import ROOT, MarkerError, rewrite, table

NAME = "ports"
TABLE = ROOT / "playbooks/vars/platform.yml"
PAGE = ROOT / "docs/ports.md"


def ports_text(platform: dict[str, Any]) -> str:
    """Return both tables: the flows between hosts, and the listeners on the loopback address."""
    tiers, flows = platform["platform_tiers"], platform["platform_flows"]
    between = [
        [flow["from"], flow["to"], f"{tiers[flow['to']]['ports'][flow['port']]}/tcp", flow["purpose"]] for flow in flows
    ]
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


def update(*, check: bool) -> bool:
    """Bring the page up to date unless `check`; tell whether it was out of date."""
    return rewrite(PAGE, NAME, ports_text(yaml.safe_load(TABLE.read_text())), check=check)


def main() -> int:
    """Update or check the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; end with status 1 if the page is stale")
    args = parser.parse_args()
    try:
        stale = update(check=args.check)
    except (MarkerError, OSError) as exc:
        print(f"Cannot write the table of ports: {exc}", file=sys.stderr)
        return 1
    if stale:
        print(f"docs/ports.md: the table of ports was {'stale; run make docs' if args.check else 'updated'}")
    return 1 if stale and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
