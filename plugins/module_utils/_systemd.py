# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's systemd, asked and told through systemctl."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible.module_utils.basic import AnsibleModule

# What `systemctl show` tells of a unit.
PROPERTIES = (
    "ActiveState",
    "UnitFileState",
    "ExecMainStartTimestamp",
    "ActiveEnterTimestamp",
    "NeedDaemonReload",
    "FragmentPath",
    "DropInPaths",
)


class UnitError(Exception):
    """systemd refused, or the unit failed."""


def properties(block: str) -> dict[str, str]:
    """Return what lines such as 'ActiveState=active' hold, by name."""
    return dict(line.split("=", 1) for line in block.splitlines())


class Systemd:
    """The host's systemd, asked and told through systemctl."""

    def __init__(self, module: AnsibleModule) -> None:
        """Keep the module, which runs the commands."""
        self.module = module

    def run(self, *arguments: str) -> str:
        """Run systemctl and return its output; raise UnitError with its message when it fails."""
        code, out, err = self.module.run_command(["systemctl", *arguments], environ_update={"TZ": "UTC"})
        if code != 0:
            raise UnitError((err or out).strip())
        return str(out)

    def units(self, names: list[str]) -> list[dict[str, str]]:
        """Return the properties of each unit; most of those of a unit that does not exist are empty."""
        out = (
            self.run("show", "--timestamp=us+utc", f"--property={','.join(PROPERTIES)}", "--", *names) if names else ""
        )
        return [properties(block) for block in out.split("\n\n") if block]

    def settings(self, names: Iterable[str]) -> dict[str, str]:
        """Return what systemd itself runs with."""
        return properties(self.run("show", f"--property={','.join(names)}"))

    def journal(self, name: str) -> str:
        """Return the end of the unit's journal."""
        command = ["journalctl", "--no-pager", "--lines=20", "--output=cat", "-u", name]
        _code, out, _err = self.module.run_command(command)
        return str(out).strip()


def reexecute(systemd: Systemd, wanted: dict[str, Any], *, check_mode: bool) -> str:
    """Have systemd run with the wanted settings; raise UnitError where its configuration holds others."""
    lacking = {name: str(value) for name, value in wanted.items()}

    def differing() -> dict[str, str]:
        found = systemd.settings(lacking)
        return {name: found.get(name, "") for name in lacking if found.get(name) != lacking[name]}

    if not differing():
        return "none"
    if not check_mode:
        systemd.run("daemon-reexec")
        if others := differing():
            told = ", ".join(f"{name} is '{value}' and not '{lacking[name]}'" for name, value in others.items())
            where = "A file in /etc/systemd/system.conf.d that comes later may set it: correct that one, or the input."
            raise UnitError(f"systemd's configuration holds other values: {told}. {where}")
    return "reexecute"
