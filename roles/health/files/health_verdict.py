"""Decides from measurements what HAProxy is told; measures nothing itself."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

REASON_LENGTH = 100  # HAProxy keeps 128 characters of a description, its own words included
HISTORY = 2000
POSITIONS, QUEUE = "synapse_storage_stream_current_position", "synapse_replication_tcp_command_queue"
CONNECTIONS, RESPONSES = "synapse_replication_tcp_resource_total_connections", "synapse_http_server_responses_total"
SAMPLE = re.compile(rf"^({POSITIONS}|{QUEUE}|{CONNECTIONS}|{RESPONSES})\{{(.*)\}} (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Verdict:
    """Whether a subject is well; several observations in a row change it, and none for long is a fault of its own."""

    def __init__(self, *, fall: int, rise: int, stale_seconds: float, now: float) -> None:
        self.fall, self.rise, self.stale_seconds = fall, rise, stale_seconds
        self.well: bool | None = None
        self.reason = ""
        self.seen = now
        self.against = 0

    def observe(self, problem: str, now: float) -> None:
        """Take a result, empty when all is well. The first good one counts at once, the first bad ones do not."""
        self.seen = now
        self.reason = problem or self.reason
        if self.well == (not problem):
            self.against = 0
            return
        self.against += 1
        if self.against >= (self.fall if problem else 1 if self.well is None else self.rise):
            self.well, self.against = not problem, 0

    def problem(self, now: float) -> str | None:
        """Return what is wrong, an empty text for nothing, None as long as nothing is known."""
        if now - self.seen > self.stale_seconds:
            return f"no result for {now - self.seen:.0f} s"
        return None if self.well is None else "" if self.well else self.reason


def words(problem: Exception) -> str:
    """Return on one line what went wrong, without where, which is always the same."""
    told = re.sub(r"connection to server at .*? failed: ", "", " ".join(str(problem).split()))
    return told or type(problem).__name__


def answer(problems: dict[str, str | None]) -> str:
    """Return the line for HAProxy: up, down with the reasons, or nothing, by which HAProxy changes nothing."""
    reasons = [re.sub(r"[^ -~]+", " ", f"{subject}: {problem}") for subject, problem in problems.items() if problem]
    if reasons:
        room = REASON_LENGTH // len(reasons) - 2
        # After a blank, else HAProxy takes all of it for one unknown word.
        return "down #" + "; ".join(reason[:room].strip() for reason in reasons)
    return "" if None in problems.values() else "up"


@dataclass
class Reading:
    """What the metrics of one process say at one moment."""

    positions: dict[str, float] = field(default_factory=dict)
    queue: float = 0
    connections: float | None = None
    writes: float = 0
    failed_writes: float = 0


def read_metrics(text: str) -> Reading:
    """Return what counts of a page of metrics."""
    reading = Reading()
    for name, labels_text, number in SAMPLE.findall(text):
        labels, value = dict(LABEL.findall(labels_text)), float(number)
        if name == POSITIONS:
            reading.positions[labels["stream_name"]] = value
        elif name == QUEUE:
            reading.queue = max(reading.queue, value)
        elif name == CONNECTIONS:
            reading.connections = value
        elif labels.get("method") in ("PUT", "POST"):
            reading.writes += value
            reading.failed_writes += value if labels.get("code") == "500" else 0
    return reading


class Reference:
    """When which position of a stream was first reached by any process of any host."""

    def __init__(self) -> None:
        self.reached: deque[tuple[float, float]] = deque(maxlen=HISTORY)

    def observe(self, position: float, now: float) -> None:
        """Take the highest position that anybody tells now; a lower one than before means a restored database."""
        while self.reached and self.reached[-1][1] > position:
            self.reached.pop()
        if not self.reached or self.reached[-1][1] < position:
            self.reached.append((now, position))

    def lag(self, position: float, now: float) -> float:
        """Return for how many seconds others have been further than this position."""
        return next((now - at for at, reached in self.reached if reached > position), 0.0)


class FailedWrites:
    """Whether every write of a process fails, as when its database sessions rest on a read-only server."""

    def __init__(self, limit: int, memory_seconds: float) -> None:
        self.limit, self.memory_seconds = limit, memory_seconds
        self.last: Reading | None = None
        self.failed, self.at = 0.0, 0.0

    def observe(self, reading: Reading, now: float) -> float:
        """Return how many writes have failed since the last that did not; forget them after a time without writes."""
        last, self.last = self.last, reading
        if last is None or reading.writes < last.writes:
            self.failed = 0
        elif reading.writes > last.writes:
            failed = reading.failed_writes - last.failed_writes
            self.failed = self.failed + failed if failed == reading.writes - last.writes else 0
            self.at = now
        return self.failed if now - self.at < self.memory_seconds else 0

    def problem(self, reading: Reading, now: float) -> str:
        """Return what is wrong, if anything."""
        failed = self.observe(reading, now)
        return f"the last {failed:.0f} writes failed" if 0 < self.limit <= failed else ""


def process_problem(reading: Reading, lags: dict[str, float], limits: dict[str, Any]) -> str:
    """Return what the metrics of a process say against it, if anything."""
    if reading.connections == 0:
        return "no connection to publish/subscribe"
    stream = max(lags, key=lambda name: lags[name], default="")
    if stream and lags[stream] > limits["lag_seconds"]:
        return f"stream {stream} {lags[stream]:.0f} s behind"
    if reading.queue > limits["queue"]:
        return f"{reading.queue:.0f} replication commands wait"
    return ""
