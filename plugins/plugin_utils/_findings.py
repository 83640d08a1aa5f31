# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verification found, collected from all hosts into one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLUMNS = ("state", "where", "what", "found")


def collect(
    hosts: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Mapping[str, Any]],
    roles: Mapping[str, list[str]],
) -> list[dict[str, Any]]:
    """Return one row for each finding of each host, and a bad row for each role that says nothing of a host.

    `roles` names the roles of each tier; those below `all` belong to every host. An empty list is an answer: the host
    has nothing of that role's that could be bad.
    """
    rows = []
    for host, entry in sorted(hosts.items()):
        expected = [*roles.get("all", []), *(role for tier in entry["tiers"] for role in roles.get(tier, []))]
        for role in dict.fromkeys(expected):
            found = variables[host].get(f"{role}_findings") if host in variables else None
            silent = {"subject": role, "ok": False, "found": "the host gave no answer in this run"}
            rows += [{**finding, "where": host} for finding in ([silent] if found is None else found)]
    return rows


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows as lines of aligned columns under a header."""
    cells = [COLUMNS, *(("ok" if row["ok"] else "BAD", row["where"], row["subject"], row["found"]) for row in rows)]
    widths = [max(len(str(line[n])) for line in cells) for n in range(len(COLUMNS))]
    return [
        "  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]


def bad(rows: list[dict[str, Any]]) -> list[str]:
    """Return one sentence for each row that is not as it shall be."""
    return [f"{row['where']}, {row['subject']}: {row['found']}." for row in rows if not row["ok"]]
