"""Tokens become what is written down, and nobody who reads along learns one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from unit.synapse_server import PASSWORD, FakeSynapse, serving

from ansible_collections.privatechat.platform.plugins.modules import synapse_registration_tokens

Run = Callable[..., dict[str, Any]]
TOKENS: list[dict[str, Any]] = [
    {"name": "fair", "token": "tok-fair", "uses_allowed": 50, "expires": "2099-01-31T18:00:00+01:00"},
    {"name": "staff", "token": "tok-staff"},
    {"name": "leaked", "token": "tok-leaked", "state": "absent"},
]


@pytest.fixture
def fake() -> FakeSynapse:
    server = FakeSynapse()
    state = {"uses_allowed": 1, "expiry_time": None}
    server.tokens = {name: dict(state) for name in ("tok-staff", "tok-leaked", "tok-old")}
    return server


@pytest.fixture
def keep(fake: FakeSynapse, run_module: Run) -> Iterator[Run]:
    with serving(fake) as url:
        given = {"url": url, "username": "admin", "password": PASSWORD, "tokens": TOKENS}

        def run(*, check: bool = False, **more: Any) -> dict[str, Any]:
            return run_module(synapse_registration_tokens.main, {**given, **more}, check=check)

        yield run


@pytest.mark.parametrize("purge", [False, True])
def test_check_do_check_do(fake: FakeSynapse, keep: Run, *, purge: bool) -> None:
    before = fake.memory()
    checked = keep(check=True, purge=purge)
    assert (fake.memory(), fake.writes()) == (before, [])
    assert keep(purge=purge) == checked
    assert (checked["made"], checked["altered"]) == (["fair"], ["staff"])
    assert checked["removed"] == ["leaked", *(["unnamed 1"] if purge else [])]
    settled = fake.memory()
    for check in (True, False):
        assert not keep(check=check, purge=purge)["changed"]
    assert fake.memory() == settled
    assert sorted(fake.tokens) == ["tok-fair", *([] if purge else ["tok-old"]), "tok-staff"]
    assert fake.tokens["tok-fair"] == {"uses_allowed": 50, "expiry_time": 4073562000000}
    assert fake.tokens["tok-staff"] == {"uses_allowed": None, "expiry_time": None}


def test_no_token_is_shown(fake: FakeSynapse, keep: Run) -> None:
    told = json.dumps([keep(check=True, purge=True), keep(purge=True)])
    fake.instead = {"DELETE": ["500"]}
    fake.tokens["tok-again"] = {"uses_allowed": 1, "expiry_time": None}
    failed = keep(purge=True)
    assert "the token 'unnamed" in failed["msg"]
    assert "tok-" not in told + json.dumps(failed)


def test_problems_are_told_before_the_server_is_asked(fake: FakeSynapse, keep: Run) -> None:
    answer = keep(tokens=[{"name": "a", "token": "x/y"}, {"name": "a", "token": "z", "expires": "soon"}])
    assert "a have the same name" in answer["msg"]
    assert "expires at 'soon'" in answer["msg"]
    assert fake.calls == []
