"""What Prometheus, Alertmanager and the chat probe say is put together; what is missing is waited for and told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import monitoring_info

Run = Callable[..., dict[str, Any]]
NEVER = "0001-01-01T00:00:00Z"
BASIC = "Basic b3BlcmF0b3I6c2VjcmV0LXA="


def target(job: str, health: str = "up", read: str = "2026-11-27T19:00:00.1Z", pool: str = "") -> dict[str, Any]:
    error = "connection refused" if health == "down" else ""
    labels = {"job": job, "instance": "data1"}
    return {"labels": labels, "scrapePool": pool or job, "health": health, "lastError": error, "lastScrape": read}


def alert(name: str, severity: str, state: str = "firing") -> dict[str, Any]:
    words = {"summary": "/ of data1 fills", "users": "Nothing."}
    return {"labels": {"alertname": name, "severity": severity}, "annotations": words, "state": state}


class Services:
    """All three on one port."""

    def __init__(self) -> None:
        self.targets, self.alerts = [target("node"), target("redis")], [alert("DiskFillsUp", "warning")]
        self.probe = "# HELP x\nprivatechat_probe_success 1.0\nprivatechat_probe_delivery_seconds 0.084\n"
        self.cluster: dict[str, Any] = {"status": "disabled"}
        self.later: list[Any] = []

    def answer(self, path: str) -> Any:
        if path.startswith("/monitoring/api/v1/targets"):
            return {"data": {"activeTargets": self.later.pop(0) if self.later else self.targets}}
        answers = {
            "/monitoring/api/v1/alerts": {"data": {"alerts": self.alerts}},
            "/api/v2/status": {"cluster": self.cluster},
            "/metrics": self.probe,
        }
        return answers[path]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.setattr(monitoring_info, "PAUSE_SECONDS", 0.01)
    return Services()


@pytest.fixture
def url(services: Services) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            let_in = not self.path.startswith("/monitoring") or self.headers["Authorization"] == BASIC
            self.send_response(200 if let_in else 401)
            self.end_headers()
            body = services.answer(self.path) if let_in else "Unauthorized"
            self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def info(run_module: Run, url: str) -> Run:
    who = {"username": "operator", "password": "secret-p"}
    args = {"url": f"{url}/monitoring", **who, "alertmanager_url": url, "probe_url": url, "targets": 2, "seconds": 0}
    return lambda **more: run_module(monitoring_info.main, {**args, **more})


@pytest.mark.parametrize("wait_for", ["read", "well"])
def test_what_all_three_say_is_put_together(info: Run, services: Services, wait_for: str) -> None:
    services.targets += [target("printer", "down", NEVER, pool="own")]  # the operator's own, which is not counted
    answer = info(wait_for=wait_for)
    assert answer["targets"] == {"up": 2, "total": 2, "read": 2, "down": []}
    assert answer["alerts"] == [{"name": "DiskFillsUp", "severity": "warning", "summary": "/ of data1 fills"}]
    assert answer["probe"] == {"success": True, "seconds": 0.084}
    assert (answer["alertmanager"], answer["errors"], answer["changed"]) == ({"members": 1}, {}, False)


def test_what_is_not_read_yet_is_waited_for(info: Run, services: Services) -> None:
    services.later = [[], [target("node")], [target("node"), target("redis", "unknown", NEVER)]]
    assert info(seconds=5)["targets"]["read"] == 2
    assert services.later == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("targets", [target("node")], "Prometheus knows 1 targets instead of 2"),
        ("targets", [target("node"), target("redis", read=NEVER)], "it has read 1 of 2 targets"),
        ("probe", "", "the chat probe has no result yet"),
    ],
)
def test_what_was_not_read_in_time_is_told(info: Run, services: Services, name: str, value: Any, words: str) -> None:
    setattr(services, name, value)
    answer = info()
    assert answer["failed"]
    assert f"Not everything has been read once now: {words}." in answer["msg"]
    assert "targets" in answer


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("targets", [target("node"), target("redis", "down")], "redis of data1 is down: connection refused"),
        ("probe", "privatechat_probe_success 0.0\n", "the chat probe's last message did not arrive"),
        ("alerts", [alert("ChatDown", "critical")], "the alert ChatDown fires: / of data1 fills"),
    ],
)
def test_what_is_not_well_counts_only_when_asked_for(
    info: Run, services: Services, name: str, value: Any, words: str
) -> None:
    setattr(services, name, value)
    assert "failed" not in info()
    assert words in info(wait_for="well")["msg"]


def test_an_alert_that_may_yet_fire_is_none(info: Run, services: Services) -> None:
    services.alerts = [alert("ChatDown", "critical", "pending")]
    assert info(wait_for="well")["alerts"] == []


def test_members_of_alertmanager_are_counted(info: Run, services: Services) -> None:
    services.cluster = {"status": "ready", "peers": [{"name": "a"}, {"name": "b"}]}
    assert info()["alertmanager"] == {"members": 2}


def test_a_wrong_password_is_told_without_it(info: Run) -> None:
    answer = info(password="secret-q")
    assert "Prometheus does not answer: " in answer["msg"]
    assert "answered 401" in answer["errors"]["Prometheus"]
    assert "secret-" not in answer["msg"]


def test_silence_is_told(info: Run) -> None:
    answer = info(alertmanager_url="http://127.0.0.1:1", probe_url="http://127.0.0.1:1")
    assert set(answer["errors"]) == {"Alertmanager", "chat probe"}
