#!/usr/bin/env python3
"""Writes what the overview page says of each alert: what users feel, and the runbook.

Prometheus shows a page which alerts fire, with their labels, and keeps their sentences to itself.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import yaml
from markers import ROOT, MarkerError, rewrite

RULES = ROOT / "roles/monitoring/files/rules"
PAGE = ROOT / "roles/monitoring/files/consoles/overview.html"
NAME = "alerts"


def templates() -> str:
    """Return two templates that are called with an alert's name: `users` and `runbook`."""
    groups = [group for file in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(file.read_text())["groups"]]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return "\n".join(template(name, alerts) for name in ("users", "runbook"))


def template(name: str, alerts: list[dict[str, Any]]) -> str:
    """Return a template that says one annotation of the alert it is called with, nothing of one it does not know."""
    lines, word = [f'{{{{- define "{name}" }}}}'], "if"
    for alert in alerts:
        lines.append(f'{{{{- {word} eq . "{alert["alert"]}" }}}}{alert["annotations"][name]}')
        word = "else if"
    return "\n".join([*lines, "{{- end }}{{ end }}"])


def update(*, check: bool) -> bool:
    """Bring the page up to date unless `check`; tell whether it was out of date."""
    return rewrite(PAGE, NAME, templates(), check=check)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail when something is out of date")
    arguments = parser.parse_args()
    try:
        stale = update(check=arguments.check)
    except MarkerError as exc:
        sys.exit(f"Cannot write the texts of alerts: {exc}")
    if stale and arguments.check:
        sys.exit("The overview page does not say what the rules say. Run tools/alert_texts.py.")
