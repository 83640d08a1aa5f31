# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a PostgreSQL cluster under Patroni is: who leads, who follows how closely, and what is kept for who is away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# A replica further behind than one segment of the write-ahead log is not in step: what an idle cluster never has.
LAG_BYTES = 16 * 1024 * 1024
SERVING = ("running", "streaming")

Table = Mapping[str, Any]


def cluster_state(answer: Table | None, members: Sequence[str], *, synchronous: bool = False) -> dict[str, Any]:
    """Return `complete`, `leader` and `found`, a text, for what Patroni says of its cluster (GET /cluster).

    A cluster is complete when one member leads, every member serves on the leader's timeline and is in step with it,
    and, if replication is synchronous, one replica is the synchronous one.
    """
    present = list((answer or {}).get("members") or [])
    leaders = [member for member in present if member["role"] == "leader"]
    serving = [member["name"] for member in present if member.get("state") in SERVING]
    leader = leaders[0]["name"] if len(leaders) == 1 else ""
    timeline = leaders[0].get("timeline") if leader else None
    problems = [f"{member['name']} is {problem}" for member in present for problem in _problems(member, timeline)]
    problems += [f"{name} is not there" for name in members if name not in {member["name"] for member in present}]
    if synchronous and len(members) > 1 and not any(member["role"] == "sync_standby" for member in present):
        problems.append("no replica is synchronous")
    names = " and ".join(member["name"] for member in leaders) or "nobody"
    found = f"{len(serving)} of {len(members)} members serve, led by {names}"
    return {
        "complete": bool(leader) and not problems and set(members) <= set(serving),
        "leader": leader,
        "found": ", ".join([f"{found} on timeline {timeline}" if timeline else found, *problems]),
    }


def replication_findings(
    rows: Sequence[Table], members: Sequence[str], primary: str, *, synchronous: bool = False
) -> list[dict[str, Any]]:
    """Return a finding for each replica, from the primary's rows about its physical slots.

    A row holds `slot`, `active`, `wal_status` (lost: the member must be copied anew), and of the session that reads
    from it `state`, `sync_state` and `lag`, bytes that are not replayed yet.
    """
    slots = {row["slot"]: row for row in rows}
    findings = []
    for name in members:
        if name == primary:
            continue
        row = slots.get(slot_name(name))
        ok, found = _replica(row) if row else (False, "no slot, so the primary keeps nothing for it")
        findings.append({"subject": f"replica {name}", "ok": ok, "found": found})
    chosen = [row for row in rows if row.get("sync_state") in ("sync", "quorum")]
    if synchronous and findings and not chosen:
        findings.append({"subject": "synchronous replica", "ok": False, "found": "none: commits wait for nobody"})
    return findings


def slot_name(member: str) -> str:
    """Return the name of a member's replication slot, as Patroni makes it of the member's name."""

    def replaced(match: re.Match[str]) -> str:
        return "_" if match[0] in "-." else f"u{ord(match[0]):04d}"

    return re.sub("[^a-z0-9_]", replaced, member.lower())[:63]


def _problems(member: Table, timeline: Any) -> Iterator[str]:
    state = member.get("state") or "silent"
    if state not in SERVING:
        yield state
        return
    if timeline and member.get("timeline", timeline) != timeline:
        yield f"on timeline {member['timeline']}"
    if member["role"] != "leader":
        lag = member.get("lag", "unknown")
        if not isinstance(lag, int):
            yield "at an unknown distance"
        elif lag > LAG_BYTES:
            yield f"{lag // 1024 // 1024} MiB behind"


def _replica(row: Table) -> tuple[bool, str]:
    if row["wal_status"] == "lost":
        return False, "the primary no longer has the WAL it needs; copy the member anew with patronictl reinit"
    if not row["active"]:
        return False, f"away, its WAL is {row['wal_status']}"
    lag = int(row["lag"] or 0)
    kind = "synchronous" if row["sync_state"] in ("sync", "quorum") else "asynchronous"
    return lag <= LAG_BYTES, f"{kind}, {row['state']}, {lag // 1024} KiB behind"
