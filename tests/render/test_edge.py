"""What the plays hand to the balancer for a small and a large chat plan is what HAProxy takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from render import parsers, rendering

USERS = {"users_100": 100, "users_10000": 10000}
KINDS = {
    *("main", "sync", "initial_sync", "client", "rooms", "messages", "federation", "federation_inbound", "media"),
    *("sso", "typing", "to_device", "account_data", "receipts", "presence", "push_rules", "device_lists"),
    "thread_subscriptions",
}


def wired(plan: str) -> dict[str, Any]:
    """Return the edge's inputs as the plays compute them."""
    known: dict[str, Any] = {}
    for name in ("platform", "haproxy", "edge", "routes"):
        known |= rendering.load(f"playbooks/vars/{name}.yml")
    known["platform_settings"] = {
        "platform_public_name": "chat.example.com",
        "platform_users": USERS[plan],
        "platform_internal_domain": "privatechat.internal",
        "platform_monitoring_networks": [],
    }
    # The smaller platform watches itself on one host, the larger one on none.
    members = [{"name": "ops1", "address": "192.0.2.41"}] if plan == "users_100" else []
    known["platform_topology"] = {"tiers": {"monitoring": {"members": members}}}
    known["platform_chat_plan"] = rendering.load("tests/render/samples/plans.yml")[plan]
    templar = Templar(loader=DataLoader(), variables=known)
    return {name: templar.template(value) for name, value in known.items() if name.startswith("haproxy_edge_")}


def edge(plan: str, inputs: dict[str, Any]) -> tuple[dict[str, str], list[list[str]]]:
    """Return the files of the public address and the command that checks them."""
    known = {**rendering.variables("haproxy", "smallest", "13"), **inputs}
    for task, own in rendering.tasks_with_variables(rendering.load("roles/haproxy/tasks/edge.yml"), {}):
        if rendering.MODULE in task:
            found = Templar(loader=DataLoader(), variables={**known, **own}).template(task[rendering.MODULE])
            return rendering.contents(found), found["validate"]
    raise AssertionError(f"the role writes nothing for {plan}")


@pytest.mark.parametrize("plan", USERS)
def test_haproxy_takes_the_edge_of_a_plan(plan: str, tmp_path: Path) -> None:
    files, check = edge(plan, wired(plan))
    try:
        assert parsers.refusal(files, check, tmp_path) == ""
    except parsers.MissingParserError as exc:
        pytest.skip(str(exc))


@pytest.mark.parametrize("plan", USERS)
def test_every_kind_has_a_back_end_and_every_route_leads_to_one(plan: str) -> None:
    inputs = wired(plan)
    names = {backend["name"] for backend in inputs["haproxy_edge_backends"]}
    assert names == KINDS
    assert {route["backend"] for route in inputs["haproxy_edge_routes"]} == KINDS - {"main"}
    assert {detour["to"] for detour in inputs["haproxy_edge_detours"]} <= names


@pytest.mark.parametrize("plan", USERS)
def test_a_spare_stands_behind_those_whose_spare_it_is(plan: str) -> None:
    backends = wired(plan)["haproxy_edge_backends"]
    place = {backend["name"]: number for number, backend in enumerate(backends)}
    spares = {backend["name"]: backend.get("spare") for backend in backends}
    assert [name for name, spare in spares.items() if spare and place[spare] < place[name]] == []
    assert [name for name in ("media", "sso", "typing", "main") if spares[name]] == []


@pytest.mark.parametrize("plan", USERS)
def test_each_process_is_asked_twice_however_many_kinds_it_serves(plan: str) -> None:
    files, _check = edge(plan, wired(plan))
    (text,) = (content for path, content in files.items() if path.endswith("30-backends.cfg"))
    processes = rendering.load("tests/render/samples/plans.yml")[plan]["processes"]
    asked = [line.split()[1] for line in text.splitlines() if re.match(" +server ", line) and "track" not in line]
    assert sorted(asked) == sorted(2 * [process["name"] for process in processes])


def test_the_overview_page_is_there_where_a_host_makes_it() -> None:
    files, _check = edge("users_100", wired("users_100"))
    (pages,) = (content for path, content in files.items() if path.endswith("40-pages.cfg"))
    assert "server ops1 192.0.2.41:9290 ca-file /etc/privatechat/tls/ca.pem verifyhost monitoring." in pages
    files, _check = edge("users_10000", wired("users_10000"))
    assert not any("monitoring" in content for content in files.values())


@pytest.mark.parametrize("file", ["haproxy/tasks/service", "haproxy/tasks/edge", "keepalived/tasks/service"])
def test_edges_that_are_all_at_work_leave_restarts_to_a_play_of_its_own(file: str) -> None:
    role, _, _ = file.partition("/")
    known = {**rendering.variables(role, "smallest", "13"), **wired("users_100")}
    (task,) = (task for task in rendering.load(f"roles/{file}.yml") if "privatechat.platform.service_unit" in task)
    units = Templar(loader=DataLoader(), variables=known).template(task["privatechat.platform.service_unit"])["units"]
    assert [unit["restart"] for unit in units] == [False]
    plays = rendering.load(f"playbooks/{'edge' if file.endswith('edge') else role}.yml")
    (play,) = (play for play in plays if play.get("serial"))
    assert (play["serial"], play["any_errors_fatal"]) == (1, True)
    assert play["tasks"][0]["ansible.builtin.import_role"]["tasks_from"] == "restart"
