"""Only what differs is sent, and what was sent is then what was wanted."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.modules import patroni_config
from ansible_collections.privatechat.platform.plugins.modules.patroni_config import merge, plan

CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"ttl": 20}, {"ttl": 20}, {}),
    ({"ttl": 30, "other": 1}, {"ttl": 20}, {"ttl": 20}),
    ({}, {"postgresql": {"parameters": {"a": 1}}}, {"postgresql": {"parameters": {"a": 1}}}),
    ({"p": {"q": {"a": 1, "b": 2}}}, {"p": {"q": {"a": 1, "b": 3}}}, {"p": {"q": {"b": 3}}}),
    ({"p": "text"}, {"p": {"a": 1}}, {"p": {"a": 1}}),
    ({"gone": 1}, {"gone": None}, {"gone": None}),
    ({}, {"gone": None}, {}),
    ({}, {"empty": {}}, {}),
]


@pytest.mark.parametrize(("current", "wanted", "patch"), CASES)
def test_the_patch_is_the_smallest(current: dict[str, Any], wanted: dict[str, Any], patch: dict[str, Any]) -> None:
    assert plan(current, wanted) == patch


@pytest.mark.parametrize(("current", "wanted", "patch"), CASES)
def test_after_the_patch_nothing_is_left_to_do(
    current: dict[str, Any], wanted: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert plan(merge(current, patch), wanted) == {}


class Loops:
    """Members whose loop turns at each question, save those that hang."""

    def __init__(self, *hanging: str) -> None:
        self.hanging, self.clock = hanging, 100

    def __call__(self, url: str, **_options: Any) -> Any:
        return type("Client", (), {"request": lambda _self, _method, path: self.answer(url, path)})()

    def answer(self, url: str, path: str) -> dict[str, Any]:
        if path == "/cluster":
            rows = [("a", "running"), ("b", "streaming"), ("c", "stopped")]
            return {"members": [{"state": state, "api_url": f"https://{name}:8008/patroni"} for name, state in rows]}
        self.clock += url not in self.hanging
        return {"dcs_last_seen": 7 if url in self.hanging else self.clock}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patroni_config, "PAUSE", 0)
    monkeypatch.setattr(patroni_config, "SECONDS", 0.1)


@pytest.mark.usefixtures("quick")
def test_it_waits_until_running_members_have_taken_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    loops = Loops()
    monkeypatch.setattr(patroni_config, "JsonClient", loops)
    patroni_config.await_members(loops("https://a:8008"), None)
    assert loops.clock >= 100 + 2 * (patroni_config.TURNS + 1), (
        "each of two members must turn twice after the first look"
    )


@pytest.mark.usefixtures("quick")
def test_a_member_that_does_not_take_the_settings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    loops = Loops("https://b:8008")
    monkeypatch.setattr(patroni_config, "JsonClient", loops)
    with pytest.raises(ApiError, match=r"not taken within .* by https://b:8008"):
        patroni_config.await_members(loops("https://a:8008"), None)
