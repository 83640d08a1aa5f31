"""Sentinel is told only what differs, and a failover only while the member is primary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.redis_server import ADDRESS, encoded, serving

from ansible_collections.privatechat.platform.plugins.modules import redis_sentinel
from ansible_collections.privatechat.platform.plugins.modules.redis_sentinel import plan

HELD = {"SENTINEL MASTER cache": encoded(["ip", "FD00::1", "quorum", "1"])}


@pytest.fixture
def run(tmp_path: Path, run_module: Callable[..., dict[str, Any]]) -> Callable[..., tuple[dict[str, Any], list[str]]]:
    """Return a function that runs the module and returns its answer and what Sentinel was told after the question."""

    def manage(answers: dict[str, bytes], *, check: bool = False, **options: Any) -> tuple[dict[str, Any], list[str]]:
        with serving(tmp_path, {**HELD, **answers}) as server:
            login = {"address": ADDRESS, "port": server.port, "ca_file": server.ca_file, "username": "u"}
            args = {**login, "password": "made-up", "group": "cache", **options}
            return run_module(redis_sentinel.main, args, check=check), server.told[2:]

    return manage


@pytest.mark.parametrize(
    ("current", "wanted", "changes"),
    [
        ({"quorum": "2"}, {"quorum": 2}, {}),
        ({"quorum": "1", "other": "x"}, {"quorum": 2}, {"quorum": "2"}),
        ({}, {"quorum": 2}, {"quorum": "2"}),
        ({"quorum": "1"}, {}, {}),
    ],
)
def test_only_what_differs_is_sent_and_then_nothing_is_left(
    current: dict[str, str], wanted: dict[str, Any], changes: dict[str, str]
) -> None:
    assert plan(current, wanted) == changes
    assert plan({**current, **changes}, wanted) == {}


def test_a_setting_is_sent(run: Callable[..., Any]) -> None:
    told, said = run({}, settings={"quorum": 2})
    assert (told["changed"], told["changes"], said) == (True, {"quorum": "2"}, ["SENTINEL SET cache quorum 2"])


def test_a_check_sends_nothing(run: Callable[..., Any]) -> None:
    told, said = run({}, settings={"quorum": 2}, moved_from="fd00::1", check=True)
    assert (told["changed"], told["failover"], said) == (True, True, [])


@pytest.mark.parametrize("answer", [b"+OK\r\n", b"-INPROG Failover already in progress\r\n"])
def test_the_primary_is_moved_away_from_the_member(run: Callable[..., Any], answer: bytes) -> None:
    told, said = run({"SENTINEL FAILOVER cache": answer}, moved_from="fd00:0::1")
    assert (told["changed"], told["failover"], said) == (True, True, ["SENTINEL FAILOVER cache"])


def test_a_member_that_is_not_primary_is_left_alone(run: Callable[..., Any]) -> None:
    told, said = run({}, moved_from="fd00::2")
    assert (told["changed"], told["failover"], said) == (False, False, [])


def test_a_refusal_says_what_sentinel_said(run: Callable[..., Any]) -> None:
    told, _said = run({"SENTINEL FAILOVER cache": b"-NOGOODSLAVE No suitable replica\r\n"}, moved_from="fd00::1")
    assert told["failed"]
    assert "'cache' through the Sentinel on 127.0.0.1: it said 'NOGOODSLAVE No suitable replica'" in told["msg"]
