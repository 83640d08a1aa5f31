"""A host for tests of sshd's settings: its state is their file, and with some of them it lets nobody in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from unit.confirming_machine import Machine

from ansible_collections.privatechat.platform.plugins.action import sshd_settings
from ansible_collections.privatechat.platform.plugins.plugin_utils import _confirmation

OLD, NEW = "PasswordAuthentication yes\n", "PasswordAuthentication no\n"


class Host(Machine):
    """A machine whose state is sshd's file, and that lets nobody in with some settings."""

    locked_by = ""
    refused = ""
    old_connection = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.state.write_text(OLD)
        self.cut = lambda: not self.old_connection and bool(self.locked_by) and self.locked_by in self.content
        # What restores is another process, for which it makes no difference who gets in.
        (self.root / "systemctl").write_text(
            '#!/bin/sh\n[ "$1" = try-reload-or-restart ] && { echo reload >> "$TIMERS/reloads"; exit 0; }\n'
            '[ "$1" = stop ] || exit 3\nrm "$TIMERS/$2" 2>/dev/null || { echo not loaded; exit 5; }\n'
        )

    @property
    def content(self) -> str:
        return self.state.read_text() if self.state.exists() else ""

    def lose_power(self) -> None:
        """Lose what is in memory, and boot."""
        for timer in self.root.glob("*.timer"):
            timer.unlink()
        shutil.rmtree(_confirmation.DIRECTORY, ignore_errors=True)
        boot = sshd_settings.BOOT
        assert self.sh(f"[ ! -e {boot} ] || systemd-tmpfiles --boot --remove --create {boot}") == (0, "")

    def reset(self) -> None:
        super().reset()
        self.old_connection = False

    def files(self, check: bool, args: dict[str, Any]) -> dict[str, Any]:
        """Answer as config_files does."""
        entry = args["files"][0]
        assert args["validate"][0][0] == "/usr/sbin/sshd"
        if self.refused and self.refused in entry["content"]:
            return {"failed": True, "msg": f"line 1: Bad configuration option: {self.refused}"}
        changed = self.content != entry["content"]
        if changed and not check:
            self.state.write_text(entry["content"])
        return {"changed": changed, "changed_paths": [entry["path"]] if changed else [], "diff": []}
