"""What the metrics of a process say against it."""

from __future__ import annotations

import pytest
from health_verdict import FailedWrites, Reading, Reference, process_problem, read_metrics

LIMITS = {"lag_seconds": 15, "queue": 1000}
PAGE = """
# HELP synapse_storage_stream_current_position The stream's current position as this process sees it.
synapse_storage_stream_current_position{server_name="example.com",stream_name="events"} 1203.0
synapse_storage_stream_current_position{server_name="example.com",stream_name="backfill"} 1e+06
synapse_replication_tcp_command_queue{server_name="example.com",stream_name="events"} 2.0
synapse_replication_tcp_command_queue{server_name="example.com",stream_name="caches"} 7.0
synapse_replication_tcp_resource_total_connections{server_name="example.com"} 1.0
synapse_http_server_responses_total{code="200",method="GET",server_name="a \\"b\\""} 900.0
synapse_http_server_responses_total{code="200",method="PUT",server_name="example.com"} 30.0
synapse_http_server_responses_total{code="500",method="PUT",server_name="example.com"} 2.0
synapse_http_server_responses_total{code="502",method="POST",server_name="example.com"} 1.0
synapse_http_server_responses_created{code="500",method="PUT",server_name="example.com"} 1.7e+09
process_open_fds 20.0
"""


def test_metrics_are_read() -> None:
    reading = read_metrics(PAGE)
    assert reading == Reading({"events": 1203, "backfill": 1e6}, queue=7, connections=1, writes=33, failed_writes=2)


def test_lag_is_the_time_since_others_went_on() -> None:
    reference = Reference()
    for second, position in [(0, 5), (1, 6), (2, 6), (3, 9)]:
        reference.observe(position, second)
    assert [reference.lag(position, 10) for position in (4, 5, 6, 8, 9, 10)] == [10, 9, 7, 7, 0, 0]


def test_a_restored_database_is_no_lag() -> None:
    reference = Reference()
    for second, position in [(0, 5), (1, 900), (2, 6)]:
        reference.observe(position, second)
    assert [reference.lag(position, 60) for position in (6, 5)] == [0, 58]


@pytest.mark.parametrize(
    ("reading", "lag", "words"),
    [
        (read_metrics("up 1"), 0, ""),
        (Reading(connections=1), 15, ""),
        (Reading(connections=1), 16, "stream events 16 s behind"),
        (Reading(connections=1, queue=1000), 0, ""),
        (Reading(connections=1, queue=1001), 0, "1001 replication commands wait"),
        (Reading(connections=0), 0, "no connection to publish/subscribe"),
    ],
)
def test_a_process_that_does_not_keep_up_is_told(reading: Reading, lag: float, words: str) -> None:
    assert process_problem(reading, {"events": lag, "to_device": 0}, LIMITS) == words


@pytest.mark.parametrize(
    ("counters", "words"),
    [
        ([(50, 50)], ""),
        ([(50, 0), (54, 4)], ""),
        ([(50, 0), (52, 2), (52, 2), (55, 5)], "the last 5 writes failed"),
        ([(50, 0), (54, 4), (56, 5), (59, 8)], ""),
        ([(50, 0), (55, 5), (56, 5)], ""),
        ([(50, 0), (55, 5), (3, 3)], ""),
    ],
)
def test_writes_that_all_fail_are_told(counters: list[tuple[int, int]], words: str) -> None:
    found, told = FailedWrites(limit=5, memory_seconds=60), ""
    for second, (writes, failed) in enumerate(counters):
        told = found.problem(Reading(writes=writes, failed_writes=failed), second)
    assert told == words


def test_a_process_that_gets_no_more_writes_gets_another_try() -> None:
    found = FailedWrites(limit=5, memory_seconds=60)
    readings = [
        (Reading(writes=1), 0),
        (Reading(writes=9, failed_writes=8), 5),
        (Reading(writes=9, failed_writes=8), 70),
    ]
    assert [bool(found.problem(reading, now)) for reading, now in readings] == [False, True, False]


def test_no_limit_asks_for_nothing() -> None:
    found = FailedWrites(limit=0, memory_seconds=60)
    assert [found.problem(Reading(writes=n, failed_writes=n), n) for n in (0, 9, 99)] == ["", "", ""]
