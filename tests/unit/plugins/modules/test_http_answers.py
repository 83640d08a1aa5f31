"""All servers are asked at once, slow ones are waited for, and silence is told with its reason."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import http_answers

Run = Callable[..., dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    """Answers the number in the path; /later answers 503 once."""

    asked = 0

    def do_GET(self) -> None:
        if self.path == "/later":
            Handler.asked += 1
            status = 503 if Handler.asked == 1 else 200
        else:
            status = int(self.path.split("?")[0].strip("/"))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_accepted_statuses_are_answers(run_module: Run, url: str) -> None:
    probes = [{"name": "a", "url": f"{url}/200"}, {"name": "b", "url": f"{url}/404?x=1", "status": [200, 404]}]
    answer = run_module(http_answers.main, {"probes": probes, "seconds": 0})
    assert answer["changed"] is False
    assert [(entry["name"], entry["ok"], entry["status"]) for entry in answer["answers"]] == [
        ("a", True, 200),
        ("b", True, 404),
    ]


def test_a_server_that_starts_is_waited_for(run_module: Run, url: str) -> None:
    Handler.asked = 0
    answer = run_module(http_answers.main, {"probes": [{"name": "a", "url": f"{url}/later"}], "seconds": 5})
    assert answer["answers"][0]["ok"]
    assert Handler.asked == 2


def test_those_that_stay_silent_are_named_beside_those_that_answer(run_module: Run, url: str) -> None:
    probes = [{"name": "a", "url": f"{url}/200"}, {"name": "b", "url": f"{url}/500"}]
    probes.append({"name": "c", "url": "http://127.0.0.1:1/health"})
    answer = run_module(http_answers.main, {"probes": probes, "seconds": 0})
    assert answer["failed"]
    assert "2 of 3 servers have not answered within 0 s. b: GET " in answer["msg"]
    assert "answered 500" in answer["msg"]
    assert "c: GET http://127.0.0.1:1/health got no answer" in answer["msg"]
    assert [entry["ok"] for entry in answer["answers"]] == [True, False, False]


def test_no_probe_is_no_failure(run_module: Run) -> None:
    assert run_module(http_answers.main, {"probes": []})["answers"] == []
