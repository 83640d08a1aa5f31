"""Says what was measured: a table for people, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Rows = list[tuple[str, str, str]]
DECIMALS = 2


def table(results: dict[str, Any]) -> str:
    """Return the figures as aligned lines."""
    rows: Rows = [("", *_machine(results["machine"]))]
    rows += _deployment(results)
    rows += _users(results.get("bulk_users"))
    rows += _role(results.get("role"))
    rows += _chat(results.get("chat", {}))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"  {what:{widths[0]}}  {figure:>{widths[1]}}  {note}".rstrip() for what, figure, note in rows]
    return "\n".join(["", *lines, ""])


def _machine(machine: dict[str, Any]) -> tuple[str, str]:
    return "", f"{machine['cores']} cores shared by all nodes, {machine['release']}, {machine['commit']}"


def _deployment(results: dict[str, Any]) -> Rows:
    rows: Rows = []
    for lab in ("single", "lab"):
        if f"deploy_{lab}_s" in results:
            rows.append((f"bare nodes to the first message, {lab}", f"{results[f'deploy_{lab}_s']} s", ""))
    if "rerun_lab_s" in results:
        note = f"{results['rerun_lab_host_tasks']} host-tasks, {results['rerun_lab_changed']} changed"
        rows.append(("a run that changes nothing, lab", f"{results['rerun_lab_s']} s", note))
    return rows


def _users(bulk: dict[str, Any] | None) -> Rows:
    if not bulk:
        return []
    note = (
        f"made in {bulk['make_10000_s']} s; 100 of them in a loop of requests {bulk['loop_100_s']} s, "
        f"ratio for each {bulk['ratio_to_loop']}; {bulk['peak_mb']} MB"
    )
    return [(f"{bulk['users']} accounts, changing nothing", f"{bulk['rerun_10000_s']} s", note)]


def _role(role: dict[str, Any] | None) -> Rows:
    if not role:
        return []
    if "missing" in role:
        return [("the role beside its peer", "", role["missing"].splitlines()[0])]
    note = (
        f"{role['peer']}: {role['peer_s']} s, ratio {role['ratio']}; "
        f"host-tasks {role['ours_host_tasks']} and {role['peer_host_tasks']}"
    )
    return [(f"the role {role['name']}, changing nothing", f"{role['ours_s']} s", note)]


def _chat(chat: dict[str, Any]) -> Rows:
    rows: Rows = []
    names = {"edge": "through the edge", "single_process": "one process, asked directly"}
    for key in [key for key in names if key in chat]:
        figures = chat[key]
        note = (
            f"send {figures['send_ms']} ms (p95 {figures['send_p95_ms']}), "
            f"deliver {figures['deliver_ms']} ms (p95 {figures['deliver_p95_ms']}); "
            f"calm: {figures['calm_send_ms']} and {figures['calm_deliver_ms']} ms; "
            f"undelivered {figures['undelivered']}, refused {figures['refused']}"
        )
        rows.append((f"sends, {names[key]}", f"{figures['sends_per_s']} /s", note))
    if "ratio" in chat:
        words = ", ".join(f"{name} {value}" for name, value in chat["ratio"].items())
        rows.append(("edge / one process", "", words))
    return rows


def ratios(chat: dict[str, Any]) -> dict[str, float]:
    """Return each figure of the edge as a multiple of the single process's, where both were measured."""
    edge, single = chat.get("edge"), chat.get("single_process")
    if not edge or not single:
        return {}
    names = ["sends_per_s", "send_ms", "deliver_ms", "calm_send_ms", "calm_deliver_ms"]
    return {name: round(edge[name] / single[name], DECIMALS) for name in names if single[name]}


def write(results: dict[str, Any], target: Path) -> None:
    """Write the figures for programs; a reader never sees half of them."""
    part = target.with_suffix(".part")
    part.write_text(json.dumps(results, indent=2) + "\n")
    part.replace(target)
