"""Waits for states; tests never sleep for times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from testinfra.host import Host

Value = TypeVar("Value")


def until(probe: Callable[[], Value], *, what: str, seconds: float = 60, pause: float = 0.5) -> Value:
    """Return the probe's first true answer; fail with its last answer or error when none comes in time."""
    end = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            answer = probe()
            if answer:
                return answer
            last = answer
        except (AssertionError, OSError, ValueError) as problem:
            last = problem
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds:g} s; the last answer was {last!r}")
        time.sleep(pause)


def service_runs(host: Host, unit: str, *, seconds: float = 60) -> None:
    """Wait until the unit is active."""
    until(
        lambda: host.run("systemctl is-active %s", unit).stdout.strip() == "active",
        what=f"{unit} becoming active",
        seconds=seconds,
    )


def port_answers(host: Host, address: str, port: int, *, seconds: float = 60) -> None:
    """Wait until something on the host accepts connections there."""
    until(
        lambda: host.run(f"timeout 2 bash -c '</dev/tcp/{address}/{port}'").rc == 0,
        what=f"{address}:{port} accepting connections",
        seconds=seconds,
    )
