#!/usr/bin/env python3
"""Writes the table of inputs in each role's README from the role's argument specification."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml
from markers import ROOT, MarkerError, rewrite, table

NAME = "inputs"
# Ansible's documentation markup for code, options, values, variables, modules and plugins.
MARKUP = re.compile(r"\b(?:C|O|V|E|RV|M|P)\((.*?)\)")


def options_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the options of all entry points by name, in the order of the specification."""
    options: dict[str, Any] = {}
    for entry_point in spec["argument_specs"].values():
        for name, option in (entry_point.get("options") or {}).items():
            options.setdefault(name, option)
    return options


def inputs_table(spec: dict[str, Any]) -> str:
    """Return the Markdown table of a role's inputs, or a sentence when it has none."""
    options = options_of(spec)
    if not options:
        return "This role has no inputs."
    return table(["Input", "Type", "Default", "Meaning"], [row(name, option) for name, option in options.items()])


def row(name: str, option: dict[str, Any]) -> list[str]:
    """Return the cells of one input."""
    kind = f"list of {option['elements']}" if "elements" in option else option.get("type", "str")
    return [f"`{name}`", kind, default_text(option), description_text(option)]


def default_text(option: dict[str, Any]) -> str:
    """Return the default as the operator would write it, `required` where there is none."""
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value in ("", None):
        return "empty"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if len(text) <= 60 else "see `defaults/main.yml`"  # noqa: PLR2004 - what fits a table cell


def description_text(option: dict[str, Any]) -> str:
    """Return the description as one line of Markdown, with the choices where there are any."""
    description = option.get("description", "")
    text = " ".join(description) if isinstance(description, list) else str(description)
    text = re.sub(r"\bB\((.*?)\)", r"**\1**", MARKUP.sub(r"`\1`", " ".join(text.split())))
    choices = option.get("choices")
    return f"{text} One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else text


def update(role: Path, *, check: bool) -> bool:
    """Bring the README of the role up to date unless `check`; tell whether it was out of date."""
    spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())
    return rewrite(role / "README.md", NAME, inputs_table(spec), check=check)


def main() -> int:
    """Update or check the roles named on the command line, all of them when none is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roles", nargs="*", help="names of roles; all when none is given")
    parser.add_argument("--check", action="store_true", help="change nothing; end with status 1 if a README is stale")
    args = parser.parse_args()
    roles = [ROOT / "roles" / name for name in args.roles] or sorted((ROOT / "roles").iterdir())
    try:
        stale = [role.name for role in roles if update(role, check=args.check)]
    except (MarkerError, OSError) as exc:
        print(f"Cannot write a table of inputs: {exc}", file=sys.stderr)
        return 1
    for name in stale:
        state = "is stale; run tools/role_readme.py" if args.check else "was updated"
        print(f"roles/{name}/README.md: the table of inputs {state}")
    return 1 if stale and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
