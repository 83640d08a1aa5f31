"""Writes what the packages of this host wait for, as node exporter's textfile collector reads it.

package_state.py FILE
"""

from __future__ import annotations

import importlib
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from certificate_expiry import write

REBOOT = Path("/run/reboot-required")
SECURITY = "Debian-Security"
# Each reload of systemd has the timer elapse anew, and asking costs a second of work.
FRESH_SECONDS = 1800
UPDATES_SINCE, REBOOT_SINCE = (
    "privatechat_security_updates_timestamp_seconds",
    "privatechat_reboot_required_timestamp_seconds",
)
HELP = {
    UPDATES_SINCE: "Since when an installed package waits for a version with security fixes; 0 when none does.",
    REBOOT_SINCE: "Since when the host waits for a restart; 0 when it does not.",
}


def waits(package: Any) -> bool:
    """Tell whether an installed package has a newer version among security updates, whatever holds it back."""
    return package.installed is not None and any(
        version > package.installed and any(origin.label == SECURITY for origin in version.origins)
        for version in package.versions
    )


def updates_since(packages: Iterable[Any], before: str, now: int) -> int:
    """Return since when a package waits: as long as the page before says, else now; 0 when none does."""
    said = re.search(rf"^{UPDATES_SINCE} (\d+)$", before, re.MULTILINE)
    return (int(said[1]) if said else 0) or now if any(map(waits, packages)) else 0


def page(updates: int, reboot: int) -> str:
    """Return the metrics."""
    values = {UPDATES_SINCE: updates, REBOOT_SINCE: reboot}
    return "".join(f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n{name} {values[name]}\n" for name in HELP)


def modified(path: Path) -> int:
    """Return when a file was last written, 0 for one that is not there."""
    return int(path.stat().st_mtime) if path.exists() else 0


def main(file: Path) -> None:
    """Write the page unless it is new."""
    now = int(time.time())
    if now - modified(file) > FRESH_SECONDS:
        before = file.read_text() if file.exists() else ""
        write(file, page(updates_since(importlib.import_module("apt").Cache(), before, now), modified(REBOOT)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
