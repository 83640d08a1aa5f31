"""Processes run as planned on both hosts, and people on different hosts talk, whoever is away."""

from __future__ import annotations

from typing import Any

import pytest
from testinfra import get_host
from testinfra.host import Host
from testkit import wait
from testkit.chat import CLIENT, Chat
from testkit.processes import MAIN, unit

testinfra_hosts = ["ansible://chat"]

Plan = dict[str, dict[str, Any]]


def bodies(synced: dict[str, Any], room: str) -> list[str]:
    """Return the texts that a sync delivered in a room."""
    timeline = synced.get("rooms", {}).get("join", {}).get(room, {}).get("timeline", {}).get("events", [])
    return [event["content"].get("body", "") for event in timeline]


@pytest.fixture(scope="module")
def people(request: pytest.FixtureRequest, plan: Plan) -> tuple[Chat, Chat, str]:
    """Return alice at the first host's worker, bob at the last one's, and a room that both are in."""
    inventory = request.config.getoption("ansible_inventory")
    host = get_host(f"ansible://{plan['main']['host']}?ansible_inventory={inventory}", sudo=True)
    workers = [entry for name, entry in plan.items() if name.startswith("generic")]
    alice, bob = Chat(host, workers[0]).log_in_as("alice"), Chat(host, workers[-1]).log_in_as("bob")
    wanted = {"preset": "private_chat", "invite": [f"@verify-bob:{bob.domain}"]}
    room = alice.ask("POST", f"{CLIENT}/createRoom", wanted)[1]["room_id"]
    wait.until(lambda: bob.ask("POST", f"{CLIENT}/join/{room}", {})[0] == 200, what="bob joining")
    return alice, bob, room


def test_processes_run_as_planned(host: Host, own: Plan) -> None:
    listed = "systemctl list-units --plain --no-legend --state=active 'synapse-*.service'"
    assert {line.split()[0] for line in host.check_output(listed).splitlines()} == {unit(name) for name in own}
    for name, process in own.items():
        high = host.check_output("systemctl show --property=MemoryHigh --value %s", unit(name))
        assert int(high) == (process["memory_mb"] + 512) * 2**20


def test_every_process_tells_its_metrics_to_other_hosts(host: Host, plan: Plan) -> None:
    for name, process in plan.items():
        status, text = Chat(host, process, "metrics_port").ask("GET", "/_synapse/metrics")
        assert status == 200, name
        assert "synapse_build_info" in text, name


def test_no_process_answers_what_another_is_there_for(host: Host, plan: Plan) -> None:
    for name, process in plan.items():
        answers = Chat(host, process).ask("GET", f"{CLIENT}/capabilities")[0]
        assert answers == (404 if name == "media1" else 401), name


def test_a_file_goes_up_and_down_through_the_media_process(people: tuple[Chat, Chat, str], plan: Plan) -> None:
    alice, bob, _room = people
    status, stored = alice.at(plan["media1"]).ask("POST", "/_matrix/media/v3/upload?filename=a.json", {"a": 1})
    assert status == 200, stored
    path = f"/_matrix/client/v1/media/download/{stored['content_uri'].removeprefix('mxc://')}"
    assert bob.at(plan["media1"]).ask("GET", path) == (200, {"a": 1})
    for name in ("main", "generic1", "streams1"):
        assert bob.at(plan[name]).ask("GET", path)[0] == 404, name
        assert alice.at(plan[name]).ask("POST", "/_matrix/media/v3/upload", {})[0] == 404, name


def test_a_message_reaches_the_other_host(people: tuple[Chat, Chat, str]) -> None:
    alice, bob, room = people
    since = bob.sync()["next_batch"]
    assert alice.send(room, "from one host") == 200
    bob.wait_for(since, lambda synced: "from one host" in bodies(synced, room), what="bob hearing alice")
    since = alice.sync()["next_batch"]
    assert bob.send(room, "to the other") == 200
    alice.wait_for(since, lambda synced: "to the other" in bodies(synced, room), what="alice hearing bob")


def test_typing_and_presence_go_through_their_writer(people: tuple[Chat, Chat, str], plan: Plan) -> None:
    alice, bob, room = people
    writer, since = alice.at(plan["streams1"]), bob.sync()["next_batch"]
    path = f"{CLIENT}/rooms/{room}/typing/@verify-alice:{alice.domain}"
    assert writer.ask("PUT", path, {"typing": True, "timeout": 30000}) == (200, {})

    def shows_typing(synced: dict[str, Any]) -> bool:
        events = synced.get("rooms", {}).get("join", {}).get(room, {}).get("ephemeral", {}).get("events", [])
        return f"@verify-alice:{alice.domain}" in str([event for event in events if event["type"] == "m.typing"])

    bob.wait_for(since, shows_typing, what="bob seeing that alice types", seconds=20)
    assert alice.ask("PUT", path, {"typing": True, "timeout": 30000})[0] == 500

    presence = {"presence": "online", "status_msg": "seen from the other host"}
    assert writer.ask("PUT", f"{CLIENT}/presence/@verify-alice:{alice.domain}/status", presence)[0] == 200
    told = presence["status_msg"]
    bob.wait_for(since, lambda synced: told in str(synced.get("presence")), what="bob seeing alice's status")


def test_people_talk_on_while_main_is_away(host: Host, people: tuple[Chat, Chat, str], own: Plan) -> None:
    if "main" not in own:
        pytest.skip("main is on the other host")
    alice, bob, room = people
    since = bob.sync()["next_batch"]
    host.check_output("systemctl stop %s", MAIN)
    try:
        assert alice.send(room, "main is away") == 200
        bob.wait_for(since, lambda synced: "main is away" in bodies(synced, room), what="bob hearing alice")
        assert bob.ask("GET", f"{CLIENT}/account/whoami")[0] == 200
    finally:
        host.check_output("systemctl start %s", MAIN)


@pytest.mark.fault
def test_a_killed_process_comes_back(host: Host, own: Plan) -> None:
    def number(name: str) -> str:
        return host.check_output("systemctl show --property=MainPID --value %s", unit(name))

    def all_anew() -> bool:
        return all(number(name) not in (before[name], "0") for name in own)

    before = {name: number(name) for name in own}
    for name in own:
        host.check_output("systemctl kill --signal=KILL %s", unit(name))
    wait.until(all_anew, what="a new process for each")
    for name, process in own.items():
        wait.service_runs(host, unit(name))
        assert Chat(host, process).ask("GET", "/health")[0] == 200
