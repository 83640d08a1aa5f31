# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that could cut off the control connection: it stays when a new connection proves that it has not.

The host itself goes back to what it had unless it is told otherwise in time, so it needs nobody who can still reach it.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SECONDS = 60
# How long after that a host may take to be reachable again.
GRACE_SECONDS = 60
PAUSE_SECONDS = 2
DIRECTORY = "/run/privatechat-confirm"
_NAME = re.compile(r"[a-z][a-z0-9-]*$")


class Unreachable(Exception):
    """The host cannot be reached over the control connection; the text says how it was tried."""


class NotConfirmed(Exception):
    """No new connection confirmed the change in time; the text says what was tried and what the host has now."""


class Host(Protocol):
    """The target, reached over the control connection as root."""

    def run(self, script: str) -> tuple[int, str]:
        """Run a shell script; return its status and what it said. Raises Unreachable."""

    def reset(self) -> None:
        """Close the connection, so that the next script opens a new one."""


class Remote:
    """The target of an action plugin; `failures` are the exceptions by which a lost connection shows."""

    def __init__(self, action: Any, failures: type[Exception] | tuple[type[Exception], ...]) -> None:
        """Keep the plugin, whose connection and become method are used."""
        self._action, self._failures = action, failures

    def run(self, script: str) -> tuple[int, str]:
        """Run a shell script as the task's become user."""
        try:
            answer = self._action._low_level_execute_command(script, sudoable=True)
        except self._failures as exc:
            raise Unreachable(str(exc).strip()) from exc
        return answer["rc"], f"{answer['stdout']}\n{answer['stderr']}".strip()

    def reset(self) -> None:
        """Close the connection that tasks share."""
        self._action._connection.reset()


@dataclass(frozen=True)
class Change:
    """How a change is taken back or kept, as shell scripts that run as root in a directory of their own.

    `save` stores there what `restore` needs to bring back the present state; `keep` makes the confirmed state last, so
    that a host that loses power before comes up with the present one. `name` is part of a unit's name.
    """

    name: str
    save: str
    restore: str
    keep: str = ":"
    seconds: int = SECONDS

    def __post_init__(self) -> None:
        """Refuse names that are no part of a unit's name."""
        if not _NAME.match(self.name):
            raise ValueError(f"'{self.name}' is not made of lower-case letters, digits and hyphens")

    @property
    def unit(self) -> str:
        """The transient unit that restores."""
        return f"privatechat-restore-{self.name}"

    @property
    def directory(self) -> str:
        """The directory of the scripts on the host."""
        return f"{DIRECTORY}/{self.name}"

    def arming(self) -> str:
        """Return the script that saves the present state and has it restored unless told otherwise in time.

        A state that a run has left unconfirmed is not what shall be saved: what was saved before it is kept then.
        """
        undo = f"set -e; cd {self.directory}\n{self.restore}\ncd /; rm -rf {self.directory}\n"
        # Without an accuracy systemd may come a minute late.
        timer = f"--on-active={self.seconds} --timer-property=AccuracySec=100ms"
        return (
            f"set -e; systemctl stop {self.unit}.timer >/dev/null 2>&1 || :\n"
            f"if [ ! -e {self.directory}/undo ]; then\n"
            f"rm -rf {self.directory}; install -d -m 0700 {DIRECTORY} {self.directory}; cd {self.directory}\n"
            f"{self.save}\nprintf %s {shlex.quote(undo)} > undo.new; mv undo.new undo\nfi\n"
            f"systemd-run --quiet --collect --unit={self.unit} {timer} /bin/sh {self.directory}/undo ||\n"
            f"{{ /bin/sh {self.directory}/undo; exit 1; }}"
        )

    def confirming(self) -> str:
        """Return the script that ends the waiting and keeps the state; it fails where the restoring has begun."""
        # A timer that has elapsed is no unit any more, and cannot be stopped.
        return (
            f"set -e; systemctl stop {self.unit}.timer\n"
            f"if systemctl --quiet is-active {self.unit}.service; then echo the host is going back; exit 1; fi\n"
            f"cd {self.directory}; /bin/sh -ec {shlex.quote(self.keep)} || {{ /bin/sh undo; exit 1; }}\n"
            f"cd /; rm -rf {self.directory}"
        )

    def undoing(self) -> str:
        """Return the script that goes back at once."""
        return f"systemctl stop {self.unit}.timer; [ ! -e {self.directory}/undo ] || /bin/sh {self.directory}/undo"


class Guard:
    """Makes a change on a host and sees that it can still be reached."""

    def __init__(
        self,
        host: Host,
        change: Change,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep host and change; clock and sleep are those of the control machine."""
        self.host, self.change, self._clock, self._sleep = host, change, clock, sleep

    def make(self, apply: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return what `apply` returned, its change being confirmed and kept, or its failure, all being as it was.

        Raises NotConfirmed when the host could not be reached by a new connection, or could not begin.
        """
        status, said = self.host.run(self.change.arming())
        if status != 0:
            raise NotConfirmed(f"Nothing was changed, since the host cannot prepare for going back: {said}")
        end = self._clock() + self.change.seconds
        result: Mapping[str, Any] = {}
        try:
            result = apply()
        except Exception as exc:
            # Whether the connection was lost shows at the next step; what else went wrong is the caller's to tell.
            self.host.reset()
            if not self._reaches_before(end, self.change.undoing()):
                raise
            raise NotConfirmed(f"{exc} {self._waited(end)}") from exc
        if result.get("failed"):
            self.host.run(self.change.undoing())
            return result
        self.host.reset()
        trouble = self._reaches_before(end, self.change.confirming())
        if trouble:
            raise NotConfirmed(f"{trouble} {self._waited(end)}")
        return result

    def _reaches_before(self, end: float, script: str) -> str:
        """Run a script over a new connection before the time is over; return what kept it from that, if anything."""
        while True:
            try:
                status, said = self.host.run(script)
            except Unreachable as exc:
                trouble = f"No new connection: {exc}."
            else:
                return "" if status == 0 else f"A new connection could not confirm it: {said}."
            if self._clock() + PAUSE_SECONDS >= end:
                return trouble
            self._sleep(PAUSE_SECONDS)
            self.host.reset()

    def _waited(self, end: float) -> str:
        """Wait until the host has gone back; return what it has then."""
        while True:
            self._sleep(max(PAUSE_SECONDS, end - self._clock()))
            try:
                status, _said = self.host.run(f"[ ! -e {self.change.directory}/undo ]")
            except Unreachable:
                status = 1
            if status == 0:
                return "The host has gone back to what it had before."
            if self._clock() >= end + GRACE_SECONDS:
                return f"Whether the host has gone back is unknown: ask its console for {self.change.unit}."
            self.host.reset()
