# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of flows: who opens which port of whom, and what is wrong with the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Any address, and every host of the platform.
ANYONE, ALL = "anyone", "all"
LAST_PORT = 65535
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?$")

Table = Mapping[str, Any]


def is_ports(value: Any) -> bool:
    """Tell whether the value is a port's number, or `first-last`."""
    match = _PORTS.match(str(value))
    return match is not None and 1 <= int(match[1]) <= int(match[2] or match[1]) <= LAST_PORT


def port_range(port: int | str) -> range:
    """Return the numbers that an entry of a tier's ports stands for: one number, or `first-last`."""
    first, _dash, last = str(port).partition("-")
    return range(int(first), int(last or first) + 1)


def opening(flow: Table, tiers: Table) -> tuple[str, str]:
    """Return protocol and ports of a flow: `tcp` with a number or `first-last`, or an IP protocol's number and none."""
    tier = tiers.get(flow["to"], {})
    if "protocol" in flow:
        return str(tier["protocols"][flow["protocol"]]), ""
    return "tcp", str(tier.get("ports", {}).get(flow["port"], flow["port"]))


def flow_problems(tiers: Table, flows: list[Table]) -> Iterator[str]:
    """Yield what is wrong with flows: a tier, port or protocol that is not in the table of tiers."""
    for flow in flows:
        title = f"The flow from '{flow.get('from')}' to '{flow.get('to')}'"
        source, target = flow.get("from"), flow.get("to")
        for end, others in ((source, (ANYONE, ALL)), (target, (ALL,))):
            if end not in tiers and end not in others:
                yield f"{title} names the tier '{end}', which is not in platform_tiers. Known: {', '.join(tiers)}."
        if target in tiers or target == ALL:
            yield from _opening_problems(title, flow, tiers)


def _opening_problems(title: str, flow: Table, tiers: Table) -> Iterator[str]:
    kind = "protocol" if "protocol" in flow else "port"
    value, target = flow.get(kind), flow["to"]
    known = tiers.get(target, {}).get(f"{kind}s", {})
    if value in known or (kind == "port" and is_ports(value)):
        return
    if target == ALL:
        yield f"{title} names the {kind} '{value}'; what is opened of all hosts is a port's number, or first-last."
    else:
        yield (
            f"{title} names the {kind} '{value}', which tier '{target}' does not have. Known: {', '.join(known)}"
            f"{', or a number' if kind == 'port' else ''}."
        )
