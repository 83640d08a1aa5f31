"""The type of AWX's credential that brings the platform's secrets, from the list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from markers import ROOT

SOURCE = ROOT / "playbooks/vars/secrets.yml"
PREFIX = "platform_secret_"
# Kinds of secrets that are several lines long.
LINES = {"authority", "signing_key"}
HEAD = """\
---
# Written by tools/platform_tables.py from playbooks/vars/secrets.yml: a field and a variable for each secret.
awx_secret_names:
"""
TYPE = """
awx_credential_types:
  - name: privatechat.platform secrets
    description: The content of the inventory's secrets.yml, as variables of a job
    kind: cloud
    inputs:
      fields:
"""


def build(_platform: Mapping[str, Any]) -> str:
    """Return the file of variables that describes the type."""
    names = secrets()
    fields = {name.removeprefix(PREFIX): lines for name, lines in names.items()}
    return "".join(
        [
            HEAD,
            *(f"  - {name}\n" for name in names),
            TYPE,
            *(field(name, lines=lines) for name, lines in fields.items()),
            "      required:\n",
            *(f"        - {name}\n" for name in fields),
            "    injectors:\n      extra_vars:\n",
            *(f'        {PREFIX}{name}: !unsafe "{{{{ {name} }}}}"\n' for name in fields),
        ]
    )


def secrets() -> dict[str, bool]:
    """Return the variable of each secret, and whether it is several lines long."""
    found: dict[str, bool] = {}
    for row in yaml.safe_load(SOURCE.read_text())["__secrets"]:
        for name in (row["name"], row.get("certificate")):
            if name:
                found[name] = row["kind"] in LINES
    return found


def field(name: str, *, lines: bool) -> str:
    """Return the field of one secret, in the form that AWX stores (awx/main/fields.py, CredentialTypeInputField)."""
    rows = {"id": name, "label": name.replace("_", " "), "type": "string", "secret": "true"}
    rows |= {"multiline": "true"} if lines else {}
    text = "".join(f"          {key}: {value}\n" for key, value in rows.items())
    return f"        - {text.lstrip()}"
