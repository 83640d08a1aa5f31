"""The module waits for what is wanted, and says what is missing when it does not come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.redis_server import ADDRESS, encoded, serving

from ansible_collections.privatechat.platform.plugins.modules import redis_replication_info
from ansible_collections.privatechat.platform.plugins.modules.redis_replication_info import complaint, satisfied

PRIMARY = {
    "INFO": encoded("role:master\r\nconnected_slaves:0\r\nredis_version:8.0.2\r\n"),
    "SENTINEL GET-MASTER-ADDR-BY-NAME cache": encoded([ADDRESS, "6379"]),
    "SENTINEL MASTER cache": encoded(["quorum", "1"]),
}
WANT = {"in_step": ["n1"], "at_least": 0, "moved_from": "", "wait_seconds": 0}


@pytest.fixture
def run(tmp_path: Path, run_module: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return a function that runs the module against one member that answers so."""

    def ask(answers: dict[str, bytes], **options: Any) -> dict[str, Any]:
        with serving(tmp_path, answers) as server:
            ports = {"port": server.port, "sentinel_port": server.port}
            access = {**ports, "ca_file": server.ca_file, "username": "u", "password": "made-up", "group": "cache"}
            args = {"members": [{"name": "n1", "address": ADDRESS}], "access": access, **options}
            return run_module(redis_replication_info.main, args)

    return ask


def test_a_primary_alone_is_in_step(run: Callable[..., dict[str, Any]]) -> None:
    told = run(PRIMARY, in_step=["n1"])
    assert not told["changed"]
    assert (told["primary"]["name"], told["in_step"], told["agreeing"]) == ("n1", ["n1"], ["n1"])


def test_a_member_that_is_not_in_step_in_time_is_a_failure_with_the_reason(run: Callable[..., dict[str, Any]]) -> None:
    told = run({**PRIMARY, "SENTINEL CKQUORUM cache": b"-NOQUORUM alone\r\n"}, in_step=["n1"], wait_seconds=1)
    assert told["failed"]
    assert "n1 in step within 1 seconds: n1: its Sentinel says: NOQUORUM alone; the primary is n1" in told["msg"]


def test_silence_of_all_members_is_an_answer(run: Callable[..., dict[str, Any]]) -> None:
    told = run({"AUTH u made-up": b"-WRONGPASS\r\n"}, wait_seconds=30)
    assert (told["primary"], told["proved"]) == ({}, False)


def found(primary: str, good: list[str], *, proved: bool = True) -> dict[str, Any]:
    return {"primary": {"name": primary}, "proved": proved, "in_step": good, "agreeing": good, "faults": {"n3": "away"}}


@pytest.mark.parametrize(
    ("seen", "want", "expected"),
    [
        (found("n1", ["n1"]), {}, True),
        (found("n1", ["n1"]), {"in_step": ["n1", "n2"]}, False),
        (found("n1", ["n1", "n2"]), {"in_step": ["n1", "n2", "n3"], "at_least": 2}, True),
        (found("n1", ["n1", "n2"]), {"in_step": ["n2", "n3"], "at_least": 2}, False),
        (found("n1", ["n1"]), {"moved_from": "n1"}, False),
        (found("n2", ["n1", "n2"]), {"moved_from": "n1"}, True),
        (found("n2", ["n1", "n2"], proved=False), {"moved_from": "n1"}, False),
        (found("n1", [], proved=False), {"in_step": []}, False),
        (found("n1", []), {"in_step": []}, True),
    ],
)
def test_what_is_wanted_is_told_from_what_is_not(seen: dict[str, Any], want: dict[str, Any], expected: bool) -> None:
    assert satisfied(seen, {**WANT, **want}) is expected


def test_the_complaint_names_what_was_wanted() -> None:
    said = complaint(found("n1", []), {**WANT, "in_step": ["n2", "n3"], "at_least": 1, "moved_from": "n1"})
    assert "1 of n2, n3 in step behind another primary than n1" in said
    assert "n3: away; the primary is n1. Look at" in said
