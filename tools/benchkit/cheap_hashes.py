"""Runs as root on a chat host: lets the main process hash passwords with few rounds, for made-up accounts."""

from __future__ import annotations

import http.client
import subprocess
import time
from pathlib import Path
from typing import Any

CONFIG = Path("/etc/matrix-synapse/homeserver.yaml")
# The fewest that bcrypt has.
ROUNDS = "bcrypt_rounds: 4\n"
PORT, OK, WAIT_SECONDS = 8080, 200, 120


def answers(address: str) -> bool:
    """Tell whether the main process is there."""
    connection = http.client.HTTPConnection(address, PORT, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == OK
    except OSError:
        return False


def main(call: dict[str, Any]) -> str:
    """Return when the main process answers with its new configuration; the call has its address."""
    text = CONFIG.read_text()
    if ROUNDS not in text:
        CONFIG.write_text(text + ROUNDS)
        subprocess.run(["systemctl", "restart", "synapse-main.service"], check=True)
    until = time.monotonic() + WAIT_SECONDS
    while not answers(call["address"]):
        if time.monotonic() > until:
            raise SystemExit(f"The main process does not answer {WAIT_SECONDS} s after its restart.")
        time.sleep(0.5)
    return "cheap"
