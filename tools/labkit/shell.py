"""Runs commands; a failure carries what the command said."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence


class LabError(Exception):
    """A test node cannot be made; the message says which, why, and what to do."""


def run(command: Sequence[str], *, stdin: str | None = None, check: bool = True) -> str:
    """Return what the command printed; raise with its last lines when it fails."""
    done = subprocess.run(
        list(command),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise LabError(f"`{' '.join(command)}` ended with {done.returncode}:\n{said}")
    return done.stdout


def succeeds(command: Sequence[str]) -> bool:
    """Tell whether the command ends well."""
    return subprocess.run(list(command), stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def say(line: str) -> None:
    """Print one line of progress at once."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)
