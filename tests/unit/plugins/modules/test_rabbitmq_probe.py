"""The probe passes where a message passes, and says which part of a member that does not serve is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.modules import rabbitmq_probe

ARGS = {
    "url": "https://192.0.2.11:15671",
    "ca_file": "/etc/privatechat/tls/ca.pem",
    "username": "administrator",
    "password": "secret-a",
    "nodes": ["rabbit@a", "rabbit@b"],
    "vhost": "chat/1",
    "queue": "verify.a",
}
MADE = "GET /api/queues/chat%2F1/verify.a"
Probe = Callable[..., dict[str, dict[str, Any]]]


class FakeServer:
    """A member in memory; `broken` maps the end of `METHOD path` to the error or answer given instead."""

    def __init__(self) -> None:
        self.broken: dict[str, Any] = {}
        self.queue: list[str] | None = None

    def request(self, method: str, path: str, data: Any = None) -> Any:
        call = f"{method} {path.partition('?')[0]}"
        answer: Any = next((value for end, value in self.broken.items() if call.endswith(end)), None)
        if isinstance(answer, ApiError):
            raise answer
        return self.answer(call, data) if answer is None else answer

    def answer(self, call: str, data: Any) -> Any:
        fixed: dict[str, Any] = {
            "GET /api/overview": {"rabbitmq_version": "4.0.5", "erlang_version": "27.3"},
            "GET /api/nodes": [{"name": name, "running": True} for name in ARGS["nodes"]],
            "GET /api/health/checks/alarms": {"status": "ok"},
            MADE: {"type": "quorum", "members": ["rabbit@a", "rabbit@b"]},
        }
        if call.endswith("/publish"):
            assert self.queue is not None
            self.queue.append(data["payload"])
            return {"routed": True}
        if call.endswith("/get"):
            return [{"payload": text} for text in self.queue or []]
        if call.startswith(("PUT", "DELETE")):
            self.queue = [] if call.startswith("PUT") else None
        return fixed.get(call)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    monkeypatch.setattr(rabbitmq_probe, "JsonClient", lambda **_options: fake)
    return fake


@pytest.fixture
def probe(server: FakeServer, run_module: Callable[..., dict[str, Any]]) -> Probe:
    def run(**broken: Any) -> dict[str, dict[str, Any]]:
        server.broken = broken
        return {row["subject"]: row for row in run_module(rabbitmq_probe.main, ARGS)["findings"]}

    return run


def test_a_healthy_member_is_all_well_and_nothing_is_left(server: FakeServer, probe: Probe) -> None:
    found = probe()
    assert all(row["ok"] for row in found.values())
    assert found["queue cluster"]["found"] == "2 of 2 members run"
    assert "quorum queue with 2 copies" in found["queue message"]["found"]
    assert server.queue is None


def test_a_member_that_is_away_is_named(probe: Probe) -> None:
    found = probe(nodes=[{"name": "rabbit@a", "running": True}, {"name": "rabbit@b", "running": False}])
    assert not found["queue cluster"]["ok"]
    assert found["queue cluster"]["found"] == "1 of 2 members run, not rabbit@b"


def test_a_member_that_nobody_wanted_is_named(probe: Probe) -> None:
    rows = [{"name": name, "running": True} for name in ("rabbit@a", "rabbit@b", "rabbit@c")]
    assert "unknown: rabbit@c" in probe(nodes=rows)["queue cluster"]["found"]


def test_an_alarm_is_told_and_its_member(probe: Probe) -> None:
    body = {"status": "failed", "alarms": [{"node": "rabbit@b", "resource": "disk"}]}
    found = probe(alarms=ApiError("answered 503", 503, body))
    assert found["queue alarms"] == {"subject": "queue alarms", "ok": False, "found": "disk on rabbit@b"}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"publish": {"routed": False}}, "reached no queue"),
        ({"get": []}, "did not arrive"),
        ({"get": [{"payload": "other"}]}, "did not arrive"),
        ({"publish": ApiError("POST answered 500: timeout", 500)}, "timeout"),
        ({MADE: {"members": ["rabbit@a"]}}, "None queue"),
        ({"publish": {}}, "lacks what was asked for"),
    ],
)
def test_a_message_that_does_not_pass_is_a_finding(
    server: FakeServer, probe: Probe, broken: dict[str, Any], words: str
) -> None:
    found = probe(**broken)["queue message"]
    assert not found["ok"]
    assert words in found["found"]
    assert server.queue is None


def test_a_classic_queue_is_no_proof(probe: Probe) -> None:
    assert not probe(**{MADE: {"type": "classic"}})["queue message"]["ok"]


def test_in_check_mode_nothing_is_sent(server: FakeServer, run_module: Callable[..., dict[str, Any]]) -> None:
    server.broken = {"": ApiError("sent")}
    assert run_module(rabbitmq_probe.main, ARGS, check=True)["findings"] == []
