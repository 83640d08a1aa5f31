# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates a host needs, and how good those are that it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils._public_address import floating_address

LOOPBACK = ("localhost", "127.0.0.1")


def wanted(
    topology: Mapping[str, Any], host: str, tiers: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a row for each certificate of the host's tiers, sorted by name; equal names are one row for both tiers."""
    rows: dict[str, dict[str, Any]] = {}
    this = topology["hosts"].get(host, {"tiers": []})
    for tier in this["tiers"]:
        for row in tiers[tier].get("certificates", []):
            public = bool(row.get("public"))
            service = f"{tier}.{settings['platform_internal_domain']}"
            outside = _public_names(settings) if public else []
            names = _unique([*outside, service, *this["names"], this["address"], *LOOPBACK])
            earlier = rows.get(row["name"], {"names": []})
            rows[row["name"]] = {
                "name": row["name"],
                "common_name": names[0],
                "names": _unique([*earlier["names"], *names]),
                "owner": row.get("owner", "root"),
                "group": row.get("group", "root"),
                "combined": bool(row.get("combined")),
                "public": public,
            }
    return [rows[name] for name in sorted(rows)]


def finding(certificate: Mapping[str, Any], warn_days: int) -> dict[str, Any]:
    """Return whether the certificate is there, fits and has enough days left, as one line of the verify table."""
    days, fits = certificate["days_left"], certificate["fits"]
    if days is None:
        found = f"missing: {certificate['reason']}"
    else:
        found = f"{days} days left" + ("" if fits else f", but {certificate['reason']}")
    return {
        "subject": f"certificate {certificate['name']}",
        "ok": days is not None and fits and days >= warn_days,
        "found": found,
    }


def _public_names(settings: Mapping[str, Any]) -> list[str]:
    names = [settings["platform_public_name"], settings["platform_chat_domain"], settings["platform_public_address"]]
    names.append(floating_address(settings))
    return [name for name in names if name]


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
