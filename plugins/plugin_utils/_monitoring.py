# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a monitoring host knows of the platform, as lines of the verify table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CRITICAL = "critical"
NAMED = 5  # more than this many are counted, not named


def monitoring_findings(state: Mapping[str, Any], told: Iterable[str], members: int) -> list[dict[str, Any]]:
    """Return one finding each for targets, alerts, notifications and the chat probe.

    `state` is what the module monitoring_info returned, in failure too; `told` names receivers of alerts; `members` is
    how many Alertmanagers there shall be.
    """
    if "targets" not in state:
        return [_finding("monitoring", False, str(state.get("msg", "no answer")))]
    return [
        _targets(state["targets"], state["errors"]),
        _alerts(state["alerts"], state["errors"]),
        _notifications(state["alertmanager"]["members"], members, list(told), state["errors"]),
        _probe(state["probe"], state["errors"]),
    ]


def _finding(subject: str, ok: bool, found: str) -> dict[str, Any]:
    return {"subject": subject, "ok": ok, "found": found}


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _targets(targets: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    if "Prometheus" in errors:
        return _finding("Prometheus", False, errors["Prometheus"])
    down = [f"{one['job']} of {one['instance']}" for one in targets["down"]]
    words = f"{targets['up']} of {targets['total']} targets are up"
    return _finding(
        "Prometheus", targets["up"] == targets["total"] > 0, words + (f", down: {_listed(down)}" if down else "")
    )


def _alerts(alerts: list[Mapping[str, str]], errors: Mapping[str, str]) -> dict[str, Any]:
    if "Prometheus" in errors:
        return _finding("alerts", False, "unknown")
    ordered = sorted(alerts, key=lambda alert: alert["severity"] != CRITICAL)
    names = [
        f"{alert['summary'] or 'no summary'} ({alert['name']}, {alert['severity'] or 'no severity'})"
        for alert in ordered
    ]
    critical = any(alert["severity"] == CRITICAL for alert in alerts)
    return _finding("alerts", not critical, _listed(names) or "none")


def _notifications(found: int, members: int, told: list[str], errors: Mapping[str, str]) -> dict[str, Any]:
    if "Alertmanager" in errors:
        return _finding("notifications", False, errors["Alertmanager"])
    words = f"alerts go to {_listed(told)}" if told else "alerts go to nobody: set monitoring_email_to"
    ok = found >= members
    return _finding("notifications", ok, words + ("" if ok else f"; only {found} of {members} Alertmanagers meet"))


def _probe(probe: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    if "chat probe" in errors:
        return _finding("chat probe", False, errors["chat probe"])
    if probe["success"] is None:
        return _finding("chat probe", False, "no result yet")
    if not probe["success"]:
        return _finding("chat probe", False, "the last message did not arrive: journalctl -u privatechat-probe")
    return _finding("chat probe", True, f"a message arrived in {(probe['seconds'] or 0) * 1000:.0f} ms")
