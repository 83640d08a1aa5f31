"""Answers HAProxy's agent check with what this host measures about itself.

With a configuration file it measures and answers. With --ask ADDRESS PORT [NAME...] it prints what a running one
answers for its host and for each process named.
"""

from __future__ import annotations

import json
import logging
import os
import select
import socket
import socketserver
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions
import redis
from health_verdict import FailedWrites, Reading, Reference, Verdict, answer, process_problem, read_metrics, words
from redis.backoff import NoBackoff
from redis.retry import Retry

LOG = logging.getLogger("health")
# What a client may take to name a process; HAProxy waits for the whole answer no longer than agent-inter.
LINE_SECONDS, NAME_LENGTH = 0.3, 200
TABLE = """CREATE TABLE IF NOT EXISTS heartbeats (
    host text PRIMARY KEY, at timestamptz NOT NULL, positions jsonb NOT NULL) WITH (fillfactor = 50)"""
BEAT = """WITH own AS (
    INSERT INTO heartbeats VALUES (%(host)s, now(), %(positions)s)
    ON CONFLICT (host) DO UPDATE SET at = excluded.at, positions = excluded.positions)
    SELECT positions FROM heartbeats WHERE host <> %(host)s AND at > now() - make_interval(secs => %(fresh)s)"""


class Database:
    """Writes this host's heartbeat, and reads how far the other hosts' processes are."""

    def __init__(self, host: str, options: dict[str, Any], password: str, limits: dict[str, Any]) -> None:
        self.host, self.limits = host, limits
        self.options = {**options, "password": password, "sslmode": "verify-full", "application_name": "health"}
        self.session: Any = None
        self.opened = self.deadline = 0.0
        # libpq itself would wait for ever on a listener that takes connections and says nothing.
        psycopg2.extensions.set_wait_callback(self.wait)

    def wait(self, session: Any) -> None:
        """Wait for the server until the deadline."""
        while (state := session.poll()) != psycopg2.extensions.POLL_OK:
            sockets = ([session], []) if state == psycopg2.extensions.POLL_READ else ([], [session])
            ready = select.select(*sockets, [], max(0.0, self.deadline - time.monotonic()))
            if not any(ready):
                raise TimeoutError(f"no answer within {self.limits['timeout_seconds']} s")

    def close(self) -> None:
        """Give the session up."""
        if self.session is not None:
            self.session.close()
        self.session = None

    def beat(self, positions: dict[str, float]) -> list[dict[str, float]]:
        """Commit this host's positions and return those of the others; raise what went wrong."""
        now = time.monotonic()
        self.deadline = now + self.limits["timeout_seconds"]
        if self.session is not None and now - self.opened > self.limits["session_seconds"]:
            self.close()
        try:
            if self.session is None:
                self.session, self.opened = psycopg2.connect(**self.options), now
                self.session.autocommit = True
                self.session.cursor().execute(TABLE)
            cursor = self.session.cursor()
            values = {"host": self.host, "positions": json.dumps(positions), "fresh": self.limits["stale_seconds"]}
            cursor.execute(BEAT, values)
            return [row[0] for row in cursor.fetchall()]
        except Exception:
            self.close()
            raise


class Bus:
    """Publishes on one connection and hears it on another, both at a server that takes writes."""

    def __init__(self, host: str, options: dict[str, Any], password: str, timeout: float) -> None:
        self.channel, self.timeout, self.count = f"privatechat-health/{host}", timeout, 0
        times = {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": Retry(NoBackoff(), 0)}
        self.client = redis.Redis(**options, **times, password=password, decode_responses=True, max_connections=2)
        self.subscriber: Any = None

    def close(self) -> None:
        """Give both connections up."""
        if self.subscriber is not None:
            self.subscriber.close()
        self.subscriber = None
        self.client.connection_pool.disconnect()

    def round_trip(self) -> None:
        """Return once an own message has come back; raise what went wrong."""
        end = time.monotonic() + self.timeout
        self.count += 1
        try:
            if self.subscriber is None:
                self.subscriber = self.client.pubsub(ignore_subscribe_messages=True)
                self.subscriber.subscribe(self.channel)
            # A replica passes on what is published there to nobody; it refuses to set a key.
            self.client.set(self.channel, self.count, ex=60)
            self.client.publish(self.channel, self.count)
            while (left := end - time.monotonic()) > 0:
                message = self.subscriber.get_message(timeout=left)
                if message is not None and message["data"] == str(self.count):
                    return
            raise TimeoutError(f"an own message did not come back within {self.timeout} s")
        except Exception:
            self.close()
            raise


class Process:
    """One process of the chat server and what its metrics tell."""

    def __init__(self, name: str, address: str, port: int, limits: dict[str, Any]) -> None:
        where = f"[{address}]" if ":" in address else address
        self.name, self.url, self.limits = name, f"http://{where}:{port}/_synapse/metrics", limits
        self.writes = FailedWrites(limits["failed_writes"], limits["failed_writes_memory_seconds"])
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def read(self) -> Reading | str | None:
        """Return a reading, a problem, or None when nobody listens, which HAProxy sees by its own check."""
        timeout = self.limits["timeout_seconds"]
        try:
            with self.opener.open(self.url, timeout=timeout) as page:
                return read_metrics(page.read().decode())
        except TimeoutError:
            return f"metrics: no answer within {timeout} s"
        except (OSError, ValueError) as problem:
            hangs = isinstance(getattr(problem, "reason", None), TimeoutError)
            return f"metrics: no answer within {timeout} s" if hangs else None


class Health:
    """All that is measured, and the answers that follow from it."""

    def __init__(self, config: dict[str, Any], secrets: Mapping[str, str]) -> None:
        limits = self.limits = config["limits"]
        self.database = Database(config["host"], config["database"], secrets["HEALTH_DATABASE_PASSWORD"], limits)
        self.bus = Bus(config["host"], config["redis"], secrets["HEALTH_REDIS_PASSWORD"], limits["timeout_seconds"])
        self.processes = [Process(**entry, limits=limits) for entry in config["processes"]]
        self.lock = threading.Lock()
        self.own: dict[str, dict[str, float]] = {}
        self.others: list[dict[str, float]] = []
        self.references = {stream: Reference() for stream in limits["lag_streams"]}
        rules = {"fall": limits["fall"], "rise": limits["rise"], "now": time.monotonic()}
        stale, slow = limits["stale_seconds"], limits["metrics_interval_seconds"]
        self.host = {name: Verdict(stale_seconds=stale, **rules) for name in ("database", "publish/subscribe")}
        names = [process.name for process in self.processes]
        self.named = {name: Verdict(stale_seconds=stale + slow, **rules) for name in names}

    def furthest(self) -> dict[str, float]:
        """Return how far the furthest process of this host is in each stream."""
        with self.lock:
            told = list(self.own.values())
        return {
            stream: max(found) for stream in self.references if (found := [at[stream] for at in told if stream in at])
        }

    def check_database(self) -> str:
        """Write to the database and learn how far others are."""
        self.others = self.database.beat(self.furthest())
        return ""

    def check_bus(self) -> str:
        """Send a message and hear it."""
        self.bus.round_trip()
        return ""

    def check_process(self, process: Process) -> str:
        """Compare a process with what any process of any host has reached."""
        reading, now = process.read(), time.monotonic()
        with self.lock:
            self.own.pop(process.name, None)
            if not isinstance(reading, Reading):
                return reading or ""
            self.own[process.name] = reading.positions
            lags = {}
            for stream, reference in self.references.items():
                told = [at[stream] for at in (*self.own.values(), *self.others) if stream in at]
                if told:
                    reference.observe(max(told), now)
                if stream in reading.positions:
                    lags[stream] = reference.lag(reading.positions[stream], now)
        return process_problem(reading, lags, self.limits) or process.writes.problem(reading, now)

    def watch(self, verdict: Verdict, check: Callable[[], str], interval: float) -> None:
        """Check for ever; whatever a check raises is its result."""
        while True:
            began = time.monotonic()
            try:
                problem = check()
            except Exception as exc:
                problem = words(exc)
            verdict.observe(problem, time.monotonic())
            time.sleep(max(0.1, began + interval - time.monotonic()))

    def start(self) -> None:
        """Let every check run by itself."""
        often, slow = self.limits["interval_seconds"], self.limits["metrics_interval_seconds"]
        jobs: list[tuple[Any, ...]] = [
            (self.host["database"], self.check_database, often),
            (self.host["publish/subscribe"], self.check_bus, often),
        ]
        jobs += [(self.named[one.name], partial(self.check_process, one), slow) for one in self.processes]
        for job in jobs:
            threading.Thread(target=self.watch, args=job, daemon=True).start()

    def answer(self, name: str) -> str:
        """Return the line for a process, or for the host when there is none of the name."""
        asked = self.host | ({name: self.named[name]} if name in self.named else {})
        now = time.monotonic()
        return answer({subject: verdict.problem(now) for subject, verdict in asked.items()})

    def tell_changes(self) -> None:
        """Log for ever, once for each, what goes down and what comes up."""
        told: dict[str, bool] = {}
        while True:
            for subject, verdict in (self.host | self.named).items():
                problem = verdict.problem(time.monotonic())
                if problem is not None and told.get(subject) != (not problem):
                    told[subject] = not problem
                    LOG.warning("%s is %s", subject, f"down: {problem}" if problem else "up")
            time.sleep(0.5)


class Server(socketserver.ThreadingTCPServer):
    """Hands each client's line to the answers."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, port: int, reply: Callable[[str], str]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.reply = reply
        super().__init__((address, port), Client)


class Client(socketserver.StreamRequestHandler):
    """Reads a name, if one comes in time, and answers one line."""

    timeout = LINE_SECONDS

    def handle(self) -> None:
        """Answer; a client that is gone needs no answer."""
        name = b""
        with suppress(OSError):
            name = self.rfile.readline(NAME_LENGTH)
        with suppress(OSError):
            self.wfile.write(self.server.reply(name.decode("ascii", "replace").strip()).encode() + b"\n")  # type: ignore[attr-defined]


def ask(address: str, port: str, *names: str) -> dict[str, str]:
    """Return what a running probe answers for its host and for each name."""
    answers = {}
    for name in ("", *names):
        with socket.create_connection((address, int(port)), timeout=5) as session:
            session.sendall(f"{name}\n".encode())
            answers[name or "host"] = session.makefile().readline().strip()
    return answers


def ready() -> None:
    """Tell systemd, if it started this, that clients are answered from now on."""
    if path := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as session:
            session.sendto(b"READY=1", path.replace("@", "\0", 1))


def main(arguments: list[str]) -> None:
    """Do what the arguments say."""
    if arguments[0] == "--ask":
        print(json.dumps(ask(*arguments[1:])))
        return
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    config = json.loads(Path(arguments[0]).read_text())
    health = Health(config, os.environ)
    with Server(config["address"], config["port"], health.answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        health.start()
        ready()
        health.tell_changes()


if __name__ == "__main__":
    main(sys.argv[1:])
