# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load a table of nftables and keep it if a new connection reaches the host; documented in modules/nft_table.py."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.privatechat.platform.plugins.modules.nft_table import ARGUMENTS, LOAD, STAGED
from ansible_collections.privatechat.platform.plugins.plugin_utils._confirmation import (
    Change,
    Guard,
    NotConfirmed,
    Remote,
    Unreachable,
)

MODULE = "privatechat.platform.nft_table"


def change_of(args: dict[str, Any]) -> Change:
    """Return how the table is taken back to what it was, and how its file is put in place."""
    table = f"{args['family']} {shlex.quote(args['name'])}"
    path = shlex.quote(args["path"])
    staged = shlex.quote(args["path"] + STAGED)
    return Change(
        name=f"nft-table-{args['name']}".lower().replace("_", "-"),
        save=f"nft list table {table} > before 2>/dev/null || : > before",
        restore=f"(echo table {table}; echo delete table {table}; cat before) | nft --file -\nrm -f {staged}",
        keep=f"[ ! -e {staged} ] || mv -f {staged} {path}",
        seconds=args["confirm_seconds"],
    )


class ActionModule(ActionBase):
    """Compares, has the table loaded, opens a new connection."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's answer; fail when the new table would have cut off the control machine."""
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        compared = self._module(args, task_vars, load=False)
        if self._task.check_mode or compared.get("failed") or not compared.get("changed"):
            return compared
        guard = Guard(Remote(self, AnsibleConnectionFailure), change_of(args))
        try:
            loaded = dict(guard.make(lambda: self._module(args, task_vars, load=True)))
        except NotConfirmed as exc:
            raise AnsibleActionFail(
                f"Cannot keep the new rules of the table {args['family']} {args['name']}, since no new connection from "
                f"the control machine has confirmed them within {args['confirm_seconds']} s. {exc} See that the rules "
                "let in the address that this run comes from, at the port of the SSH server."
            ) from exc
        except Unreachable as exc:
            raise AnsibleConnectionFailure(str(exc)) from exc
        return loaded

    def _module(self, args: dict[str, Any], task_vars: dict[str, Any] | None, *, load: bool) -> dict[str, Any]:
        """Run the module of the same name on the host."""
        answer: dict[str, Any] = self._execute_module(
            module_name=MODULE, module_args={**args, LOAD: load}, task_vars=task_vars
        )
        return answer
