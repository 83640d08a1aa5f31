"""Lets one person send another a chat message again and again, and shows Prometheus how that fares."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from probe_client import Probe, Refused, Server
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

LOG = logging.getLogger("probe")


class Figures:
    """What Prometheus reads; a figure is absent until there is something to tell."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        text = {
            "success": "Whether the last message arrived.",
            "delivery_seconds": "From sending to delivery of the last message that arrived.",
            "last_success_timestamp_seconds": "When the last message that arrived did so.",
        }
        self.gauges = {name: Gauge(f"privatechat_probe_{name}", words, registry=None) for name, words in text.items()}
        self.total = Counter("privatechat_probe", "Messages by what became of them.", ["result"], registry=None)
        for result in ("success", "failure"):
            self.total.labels(result)
        self.registry.register(self.total)
        self.shown: set[str] = set()

    def set(self, name: str, value: float) -> None:
        """Show a figure from now on."""
        self.gauges[name].set(value)
        if name not in self.shown:
            self.registry.register(self.gauges[name])
            self.shown.add(name)

    def succeeded(self, seconds: float) -> None:
        """Count a message that arrived."""
        self.total.labels("success").inc()
        self.set("delivery_seconds", seconds)
        self.set("last_success_timestamp_seconds", time.time())
        self.set("success", 1)

    def failed(self) -> None:
        """Count a message that did not arrive."""
        self.total.labels("failure").inc()
        self.set("success", 0)


def watch(probe: Probe, figures: Figures, config: Mapping[str, Any]) -> None:
    """Send for ever; tell the journal of each change, and of each other reason."""
    told = "nothing yet"
    while True:
        began = time.monotonic()
        try:
            seconds = probe.run(config["patience_seconds"])
            words = ""
            figures.succeeded(seconds)
        except Refused as exc:
            words = str(exc)
            figures.failed()
        except Exception as exc:
            # Whatever goes wrong is a result: a probe that has ended would say nothing.
            words = f"{type(exc).__name__}: {exc}"
            probe.forget()
            figures.failed()
        if words != told:
            told = words
            LOG.warning("no message arrived: %s", words) if words else LOG.warning("a message arrived")
        time.sleep(max(1.0, began + config["interval_seconds"] - time.monotonic()))


def ready() -> None:
    """Tell systemd, if it started this, that figures are shown from now on."""
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as session:
            session.sendto(b"READY=1", path.replace("@", "\0", 1))


def main(file: str) -> None:
    """Send with the configuration of a file and the passwords of the environment."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    config = json.loads(Path(file).read_text())
    figures = Figures()
    start_http_server(config["port"], "127.0.0.1", figures.registry)
    ready()
    people = [(config[who], os.environ[f"PROBE_{who.upper()}_PASSWORD"]) for who in ("sender", "receiver")]
    server = Server(config["url"], config["connect_address"], config["ca_file"])
    watch(Probe(server, config["host"], *people), figures, config)


if __name__ == "__main__":
    main(sys.argv[1])
