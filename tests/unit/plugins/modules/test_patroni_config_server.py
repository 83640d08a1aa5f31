"""The settings of a cluster over its REST interface: written once, restarts told, failures in the server's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from unit.synapse_server import FAILURES, Answer, FakeSynapse, serving

from ansible_collections.privatechat.platform.plugins.module_utils._http import JsonClient
from ansible_collections.privatechat.platform.plugins.modules import patroni_config

Run = Callable[..., dict[str, Any]]
CASES = [
    (kind, where)
    for kind in FAILURES
    for where in ("GET /config", "PATCH /config", "GET /cluster")
    # An answer of another kind has a test of its own, and silence takes time.
    if kind != "another JSON" and (kind != "silent" or where == "GET /config")
]


class FakePatroni(FakeSynapse):
    """One member of a cluster of two, the other of which waits for a restart after each change."""

    def __init__(self) -> None:
        super().__init__()
        self.config: dict[str, Any] = {"ttl": 30, "postgresql": {"parameters": {"max_connections": 100}}}
        self.turn, self.url = 0, ""

    def answer(self, method: str, path: str, _query: Any, body: Any, _token: str) -> Answer:
        if path == "/config":
            self.config = patroni_config.merge(self.config, body) if method == "PATCH" else self.config
            return 200, self.config
        if path == "/cluster":
            rows: list[dict[str, Any]] = [{"name": "data1", "state": "running"}, {"name": "data2", "state": "stopped"}]
            waits = any(call.startswith("PATCH") for call in self.calls)
            rows[1] |= {"pending_restart": True} if waits else {}
            return 200, {"members": [{**row, "api_url": f"{self.url}/patroni"} for row in rows]}
        self.turn += 1
        return 200, {"dcs_last_seen": self.turn}


@pytest.fixture
def fake() -> FakePatroni:
    return FakePatroni()


@pytest.fixture
def keep(fake: FakePatroni, run_module: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(patroni_config, "PAUSE", 0)
    monkeypatch.setattr(patroni_config, "JsonClient", partial(JsonClient, timeout=1))
    with serving(fake) as url:
        fake.url = url
        settings = {"ttl": 20, "postgresql": {"parameters": {"max_connections": 200}}}
        given = {"url": url, "username": "patroni", "password": "secret-p", "settings": settings}
        yield lambda **options: run_module(patroni_config.main, given, **options)


def test_check_do_check_do(fake: FakePatroni, keep: Run) -> None:
    before = json.dumps(fake.config)
    assert keep(check=True)["changes"] == {"ttl": 20, "postgresql": {"parameters": {"max_connections": 200}}}
    assert json.dumps(fake.config) == before
    done = keep()
    assert (done["changed"], done["pending_restart"]) == (True, ["data2"])
    again = keep()
    assert (again["changed"], again["pending_restart"]) == (False, ["data2"])
    assert [call for call in fake.calls if not call.startswith("GET")] == ["PATCH /config"]


@pytest.mark.parametrize(("kind", "where"), CASES)
def test_a_failure_is_told_in_the_servers_words(fake: FakePatroni, keep: Run, kind: str, where: str) -> None:
    fake.instead = {where: [kind]}
    answer = keep()
    assert answer["failed"]
    assert re.search(FAILURES[kind], answer["msg"])
    assert "secret-p" not in json.dumps(answer)


def test_an_answer_of_another_kind_is_told(fake: FakePatroni, keep: Run) -> None:
    fake.instead = {"GET /cluster": ["another JSON"]}
    assert "answered without KeyError('members')" in keep()["msg"]
