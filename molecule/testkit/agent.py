"""Asks the health probe of a chat host what it tells balancers."""

from __future__ import annotations

import socket

from testkit import wait

# Three results in a row, each as late as it may be, and a margin for a busy machine.
SECONDS = 30


class Probe:
    """A balancer's side of the agent check."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, name: str | None = None) -> str:
        """Return the answer for a process; None says nothing, as a balancer without a name does."""
        with socket.create_connection((self.address, 8070), timeout=5) as session:
            if name is not None:
                session.sendall(f"{name}\n".encode())
            return session.makefile().readline()

    def assert_up(self, *names: str) -> None:
        """Wait until the host, or each of the processes, is up."""
        wanted = names or ("",)
        wait.until(lambda: {self.ask(name) for name in wanted} == {"up\n"}, what="the probe saying up", seconds=SECONDS)

    def assert_down(self, words: str, name: str = "") -> str:
        """Wait until the host or process is down for the reason, and return the answer."""

        def told() -> str:
            line = self.ask(name)
            return line if line.startswith("down #") and words in line else ""

        return wait.until(told, what=f"the probe saying down with {words!r}", seconds=SECONDS)
