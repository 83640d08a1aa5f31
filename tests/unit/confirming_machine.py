"""A host for tests of what confirms changes: one file is its state, two scripts its systemd, a number its clock."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from ansible_collections.privatechat.platform.plugins.plugin_utils._confirmation import Unreachable

# Stands for systemd: a timer is a file that names what runs when it elapses.
SYSTEMCTL = '#!/bin/sh\n[ "$1" = stop ] || exit 3\nrm "$TIMERS/$2" 2>/dev/null || { echo not loaded; exit 5; }\n'
SYSTEMD_RUN = """#!/bin/sh
for word; do case $word in --unit=*) unit=${word#--unit=};; esac; done
for word; do last=$word; done
echo "$last" > "$TIMERS/$unit.timer"
"""


class Machine:
    """A host whose state is one file, with a clock that moves when somebody waits."""

    def __init__(self, root: Path) -> None:
        self.root, self.time, self.state = root, 0.0, root / "state"
        self.cut: Callable[[], bool] = lambda: False
        self.scripts: list[str] = []
        self.resets = 0
        self.state.write_text("old")
        for name, text in (("systemctl", SYSTEMCTL), ("systemd-run", SYSTEMD_RUN)):
            (root / name).write_text(text)
            (root / name).chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.root}:{os.environ['PATH']}", "TIMERS": str(self.root)}

    def run(self, script: str) -> tuple[int, str]:
        self.scripts.append(script)
        if self.cut():
            self.time += 10
            raise Unreachable("timed out")
        return self.sh(script)

    def sh(self, script: str) -> tuple[int, str]:
        done = subprocess.run(
            ["/bin/sh", "-c", script], check=False, capture_output=True, text=True, env=self.environment
        )
        return done.returncode, done.stdout + done.stderr

    def reset(self) -> None:
        self.resets += 1

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self.time >= 60:
            self.elapse()

    def elapse(self) -> None:
        for timer in self.root.glob("*.timer"):
            undo = timer.read_text().strip()
            timer.unlink()
            assert self.sh(f"sh {undo}")[0] == 0
