"""Tells the most memory that processes take: those that begin on a node meanwhile, or those of a command here."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

PAUSE = 0.05


def programs() -> dict[str, float]:
    """Return the most memory in MB that each Python process has taken so far."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        peak = re.search(r"^VmHWM:\s+(\d+) kB", text, re.MULTILINE)
        if text.startswith("Name:\tpython") and peak:
            found[status.parent.name] = int(peak[1]) / 1024
    return found


def main(call: dict[str, Any]) -> float:
    """Return the most that a Python process takes which begins while this one watches, for so many seconds."""
    before = {*programs(), str(os.getpid())}
    until, most = time.monotonic() + call["seconds"], 0.0
    while time.monotonic() < until:
        most = max([most, *(peak for process, peak in programs().items() if process not in before)])
        time.sleep(PAUSE)
    return most


def command(target: str, words: list[str]) -> int:
    """Run a command and write the most memory in MB that one of its processes took; return its status."""
    import resource  # noqa: PLC0415 - on a node nobody asks for it
    import subprocess  # noqa: PLC0415

    status = subprocess.call(words)
    Path(target).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
    return status


if __name__ == "__main__" and len(sys.argv) > 1:
    sys.exit(command(sys.argv[1], sys.argv[2:]))
