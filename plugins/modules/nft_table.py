#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a table of nftables with what is wanted, and load it; whether it may stay sees the action plugin."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nft_table
short_description: Keep one table of nftables, in the kernel and for the next boot
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Has the kernel load the wanted table in a network namespace of its own, and compares what it then lists with the
    present table. So a table that somebody has changed or removed is a difference, the same rules in other words are
    none, and rules that nft or the kernel refuse change nothing.
  - Replaces the table in one transaction. Other tables are left alone, and counters of this one begin anew.
  - The table stays when the control machine reaches the host over a new connection within O(confirm_seconds).
    Otherwise the host itself goes back to what it had, by a timer that was started before, and the task fails.
  - The file that is loaded at boot is written after that, so a host that loses power before comes up with the old one.
notes:
  - The statements are those of the manual page nft(8).
  - A host without nftables is a difference in check mode and an error otherwise.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  family:
    description: Address family of the table.
    type: str
    choices: [inet, ip, ip6]
    default: inet
  name:
    description: Name of the table.
    type: str
    required: true
  rules:
    description: Sets and chains of the table, as they stand between its braces.
    type: str
    required: true
  path:
    description: The file on the host that loads the table, for a unit that runs C(nft --file) at boot.
    type: path
    required: true
  confirm_seconds:
    description: Time for the new connection.
    type: int
    default: 60
  load:
    description: >-
      Not for tasks, which it makes fail: the action plugin's word that the host is prepared for going back. Without it
      the module only compares.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Let nothing in but SSH
  privatechat.platform.nft_table:
    name: example
    path: /etc/nftables.d/example.nft
    rules: |
      chain input {
        type filter hook input priority filter; policy drop;
        iifname "lo" accept
        ct state established,related accept
        tcp dport 22 accept
      }
"""

RETURN = r"""
differs:
  description: Whether table or file differed from what is wanted, for a task in check mode that decides about the next.
  type: bool
  returned: success
  sample: false
path:
  description: The file that loads the table.
  type: str
  returned: success
  sample: /etc/nftables.d/example.nft
"""

import os
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS: dict[str, Any] = {
    "family": {"type": "str", "choices": ["inet", "ip", "ip6"], "default": "inet"},
    "name": {"type": "str", "required": True},
    "rules": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "confirm_seconds": {"type": "int", "default": 60},
}
# The action plugin's word that it will see whether the host can still be reached.
LOAD = "load"
STAGED = ".unconfirmed"
HEADER = "# Managed by Ansible, changes are lost. Rules of one table; others are left alone.\n"
# Standard input is loaded where no traffic passes; what the kernel has made of it is printed.
TRIAL = 'nft --file - && exec nft --stateless list table "$0" "$1"'


class Refused(Exception):
    """The tool nft or the kernel refuses the rules, or cannot be asked; the text is nft's own."""


def text_of(family: str, name: str, rules: str) -> str:
    """Return the file that replaces the table in one transaction, whether it is there or not."""
    table = f"table {family} {name}"
    return f"{HEADER}{table}\ndelete {table}\n{table} {{\n{rules.rstrip()}\n}}\n"


def listing(module: AnsibleModule) -> str:
    """Return the present table without what changes by itself, empty for none."""
    command = ["nft", "--stateless", "list", "table", module.params["family"], module.params["name"]]
    code, out, err = module.run_command(command)
    if code != 0 and "No such file or directory" not in err:
        raise Refused(err.strip())
    return str(out) if code == 0 else ""


def tried(module: AnsibleModule, text: str) -> str:
    """Return how the wanted table is listed once the kernel has it; raise Refused when it does not take it."""
    command = ["unshare", "--net", "/bin/sh", "-c", TRIAL, module.params["family"], module.params["name"]]
    code, out, err = module.run_command(command, data=text)
    if code != 0:
        raise Refused((err or out).strip())
    return str(out)


def read(path: str) -> str:
    """Return the text of a file, empty for none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def load(module: AnsibleModule, text: str) -> None:
    """Load the table, with its file beside the one for the next boot."""
    path = module.params["path"]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path + STAGED)
    code, out, err = module.run_command(["nft", "--file", path + STAGED])
    if code != 0:
        raise Refused((err or out).strip())


def diff_of(module: AnsibleModule, texts: dict[str, str]) -> dict[str, str]:
    """Return the difference between the tables, or between the files where only they differ."""
    table, path = f"table {module.params['family']} {module.params['name']}", module.params["path"]
    if texts["present"] != texts["wanted"]:
        header, before, after = table, texts["present"], texts["wanted"]
    else:
        header, before, after = path, texts["file"], texts["wanted_file"]
    return {"before_header": header, "after_header": header, "before": before, "after": after}


def main() -> None:
    """Read, try, compare, load, report."""
    module = AnsibleModule({**ARGUMENTS, LOAD: {"type": "bool", "default": False}}, supports_check_mode=True)
    params = module.params
    text = text_of(params["family"], params["name"], params["rules"])
    texts = {"present": "", "wanted": text, "file": read(params["path"]), "wanted_file": text}
    try:
        if module.get_bin_path("nft", required=not module.check_mode, opt_dirs=["/usr/sbin"]):
            texts |= {"present": listing(module), "wanted": tried(module, text)}
        changed = texts["present"] != texts["wanted"] or texts["file"] != text
        if changed and params[LOAD] and not module.check_mode:
            load(module, text)
    except (Refused, OSError) as exc:
        module.fail_json(
            msg=f"Cannot load the table {params['family']} {params['name']}; the present one stays. {exc}",
        )
    diff = diff_of(module, texts) if changed else {}
    module.exit_json(changed=changed, differs=changed, path=params["path"], diff=diff)


if __name__ == "__main__":
    main()
