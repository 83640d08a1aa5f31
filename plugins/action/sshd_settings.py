# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give sshd settings that stay when a new connection gets in; documented in modules/sshd_settings.py."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.privatechat.platform.plugins.plugin_utils._confirmation import (
    Change,
    Guard,
    NotConfirmed,
    Remote,
    Unreachable,
)

SPEC = {"path": {"type": "path", "required": True}, "content": {"type": "str", "required": True}}
# Where sockets are systemd's, each connection reads the settings anew, and nothing is to be told.
RELOAD = "systemctl try-reload-or-restart ssh.service"
# Read at boot, before sshd starts.
BOOT = "/etc/tmpfiles.d/privatechat-sshd.conf"


class ActionModule(ActionBase):
    """Has sshd check the file, writes it, and proves a new connection before it stays."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what config_files says of the file; fail where the host had to go back."""
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(SPEC)
        host = Remote(self, AnsibleConnectionFailure)
        change = change_of(args["path"])
        found = self._file(args, task_vars, check=True)
        if found.get("failed") or self._task.check_mode:
            return found
        try:
            # What a run has left unconfirmed looks finished, and goes back by itself.
            if not found["changed"] and host.run(f"[ -e {change.directory}/undo ]")[0] != 0:
                return found
            result = Guard(host, change).make(lambda: self._apply(args, task_vars, found))
        except NotConfirmed as exc:
            raise AnsibleActionFail(
                f"Cannot keep new settings of sshd in '{args['path']}': this run does not get in with them. {exc} "
                "Correct the settings, or the user, key or address with which the inventory reaches the host."
            ) from exc
        except Unreachable as exc:
            raise AnsibleConnectionFailure(str(exc)) from exc
        return dict(result)

    def _apply(self, args: dict[str, Any], task_vars: Any, found: dict[str, Any]) -> dict[str, Any]:
        """Write the file and have sshd read it; return the result of the task."""
        written = self._file(args, task_vars, check=False)
        if written.get("failed"):
            return written
        answer = self._low_level_execute_command(RELOAD, sudoable=True)
        if answer["rc"] != 0:
            said = f"{answer['stdout']} {answer['stderr']}".strip()
            return {"failed": True, "msg": f"Cannot have sshd read its new settings; the old ones are back: {said}"}
        return {**found, "changed": True}

    def _file(self, args: dict[str, Any], task_vars: Any, *, check: bool) -> dict[str, Any]:
        """Write the file, or tell in a check whether it differs and what sshd says of it."""
        mode, self._task.check_mode = self._task.check_mode, check
        try:
            result: dict[str, Any] = self._execute_module(
                module_name="privatechat.platform.config_files",
                module_args={
                    "files": [{"path": args["path"], "content": args["content"]}],
                    "validate": [["/usr/sbin/sshd", "-t", "-f", "{staged}" + args["path"]]],
                },
                task_vars=task_vars,
            )
        finally:
            self._task.check_mode = mode
        return result


def change_of(path: str) -> Change:
    """Return how the file and a running sshd go back to what they were; a boot before that takes the file back, too."""
    file = shlex.quote(path)
    return Change(
        "sshd",
        save=(
            f"if [ -e {file} ]; then cp -p {file} before; echo 'f+!~' {file} - - - - $(base64 --wrap=0 {file})\n"
            f"else echo 'r!' {file}; fi > {BOOT}; sync {BOOT}"
        ),
        restore=f"if [ -e before ]; then cp -p before {file}; else rm -f {file}; fi\nrm -f {BOOT}\n{RELOAD}",
        keep=f"rm -f {BOOT}",
    )
