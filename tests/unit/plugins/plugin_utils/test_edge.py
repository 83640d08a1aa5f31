"""Back ends from chat processes, numbers of servers, and what the balancer's figures say."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils import _edge

KINDS: dict[str, dict[str, Any]] = {"sync": {"balance": "user", "spare": "main"}, "typing": {}, "main": {}}
PLAN = [
    {"name": "main", "address": "192.0.2.31", "port": 8080, "serves": ["main"], "streams": []},
    {"name": "streams1", "address": "192.0.2.31", "port": 8081, "serves": ["typing"], "streams": ["typing"]},
    {"name": "generic1", "address": "192.0.2.31", "port": 8082, "serves": ["sync"], "streams": []},
    {"name": "generic2", "address": "2001:db8::32", "port": 8081, "serves": ["sync"], "streams": []},
]
HEADER = "# pxname,svname,status,act,bck,last_chk,last_agt,check_desc,agent_desc"


def test_each_kind_has_the_processes_that_serve_it() -> None:
    found = {backend["name"]: [server["name"] for server in backend["servers"]] for backend in made()}
    assert found == {"sync": ["generic1", "generic2"], "typing": ["streams1"], "main": ["main"]}


def test_options_of_a_kind_and_places_of_processes_are_handed_on() -> None:
    sync = made()[0]
    assert (sync["balance"], sync["spare"]) == ("user", "main")
    assert sync["servers"][1] == {"name": "generic2", "address": "2001:db8::32", "port": 8081}


def test_kinds_keep_their_order() -> None:
    assert [backend["name"] for backend in made()] == list(KINDS)


def made() -> list[dict[str, Any]]:
    return _edge.edge_backends(PLAN, KINDS)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([p for p in PLAN if p["name"] != "streams1"], "none of the chat plan's 3 processes serves it"),
        ([*PLAN, {**PLAN[0], "name": "x", "serves": ["polls"]}], "'x': the chat plan says that it serves 'polls'"),
        ([*PLAN, PLAN[3]], "2 of the chat plan have the name 'generic2'"),
        ([], "Let a process of the plan serve 'main'."),
    ],
)
def test_a_plan_that_leaves_requests_unanswered_is_refused(plan: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(_edge.EdgeError, match=words.replace("(", r"\(")):
        _edge.edge_backends(plan, KINDS)


def test_a_number_does_not_depend_on_other_servers() -> None:
    names = [f"generic{n}" for n in range(50)]
    every = _edge.server_ids(names)
    assert _edge.server_ids(names[10:]) == {name: every[name] for name in names[10:]}
    assert _edge.server_ids(reversed(names)) == every


def test_no_two_names_have_one_number_even_when_their_digests_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    class Same:
        def hexdigest(self) -> str:
            return "f" * 32

    monkeypatch.setattr(hashlib, "md5", lambda *_args, **_options: Same())
    found = _edge.server_ids(["a", "b", "c"])
    assert sorted(found) == ["a", "b", "c"]
    assert len(set(found.values())) == 3
    assert all(0 < number <= 2**28 for number in found.values())


def findings(*rows: str) -> list[tuple[str, bool, str]]:
    found = _edge.balancer_findings("\n".join([HEADER, *rows]) + "\n")
    return [(finding["subject"], finding["ok"], finding["found"]) for finding in found]


ALIVE = (
    "status,BACKEND,UP,0,0,,,,",
    "redis_primary,BACKEND,UP,1,0,,,,",
    "processes,generic1,UP,1,0,,,,",
    "processes,BACKEND,UP,1,0,,,,",
    "processes_alone,BACKEND,UP,1,0,,,,",
    "edge_sync,BACKEND,UP,1,1,,,,",
)


def test_a_host_in_order_has_one_line_for_each_duty() -> None:
    assert findings(*ALIVE) == [
        ("balancer, listeners", True, "all 1 lead to a server"),
        ("balancer, public address", True, "all 1 processes and 1 kinds of requests"),
    ]


def test_a_duty_that_a_host_does_not_have_has_no_line() -> None:
    assert [subject for subject, _ok, _found in findings(*ALIVE[:2])] == ["balancer, listeners"]


def test_what_has_no_server_is_named() -> None:
    found = findings(
        "redis_primary,BACKEND,UP,1,0,,,,", "rabbitmq,BACKEND,DOWN,0,0,,,,", "edge_sync,BACKEND,DOWN,0,0,,,,"
    )
    assert found == [
        ("balancer, listeners", False, "rabbitmq leads to no server"),
        ("balancer, public address", False, "requests of the kind sync have no process"),
    ]


def test_a_kind_whose_processes_are_all_called_unfit_is_not_in_order() -> None:
    ((_subject, ok, found),) = findings(
        "processes,generic1,DOWN (agent),1,0,,no write,,Layer7 wrong status",
        "edge_sync,BACKEND,UP,0,1,,,,",
    )
    assert not ok
    assert "kind sync go on only because" in found
    assert "process generic1 is DOWN (agent) (no write)" in found
