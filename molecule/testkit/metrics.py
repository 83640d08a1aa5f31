"""Reads metrics as Prometheus does: over the network, from the host that asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from testinfra.host import Host

# Ports of the platform by job.
PORTS = {
    "node": 9300,
    "etcd": 2381,
    "postgresql": 9387,
    "redis": 9321,
    "rabbitmq": 15692,
    "haproxy": 8405,
}
READ = "import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1], timeout=15).read())"
LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    """One line of a page."""

    name: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Page:
    """What a target said."""

    text: str

    @property
    def names(self) -> set[str]:
        """The names of all metrics."""
        return {found[1] for line in self.text.splitlines() if (found := LINE.match(line))}

    def of(self, name: str, /, **labels: str) -> list[Sample]:
        """Return the samples of a metric that have these labels."""
        lines = [found for line in self.text.splitlines() if (found := LINE.match(line)) and found[1] == name]
        samples = [Sample(name, dict(LABEL.findall(found[2] or "")), float(found[3])) for found in lines]
        return [one for one in samples if labels.items() <= one.labels.items()]

    def value(self, name: str, /, **labels: str) -> float:
        """Return the value of the only sample with these labels."""
        found = self.of(name, **labels)
        assert len(found) == 1, f"{name} {labels}: {found}"
        return found[0].value


def scrape(asker: Host, url: str) -> Page:
    """Return the page that this host gets from a target."""
    return Page(str(asker.check_output("python3 -c %s %s", READ, url)))


Ask = Callable[..., Page]
