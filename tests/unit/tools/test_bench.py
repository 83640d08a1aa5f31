"""The bench counts what Ansible did, takes the times of people who talk, and says what it has found."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from benchkit import load, report, runs
from labkit import copies, inventory

from .chat_server import ChatServer

ROOT = Path(__file__).parents[3]
RECAP = """
PLAY RECAP *********************************************************************
chat1                      : ok=85   changed=3    unreachable=0    failed=0    skipped=12   rescued=0    ignored=0
edge1                      : ok=20   changed=0    unreachable=0    failed=0    skipped=70   rescued=0    ignored=0
"""


def people(count: int) -> list[load.Person]:
    return [load.Person(f"@p{number}:example.com", f"token{number}") for number in range(count)]


def talk(server: ChatServer, **options: float) -> load.Times:
    async def scene() -> load.Times:
        async with server.running() as url, load._session(load.Target(url, "127.0.0.1")) as session:
            pace = load.Pace(**{"seconds": 0.5, "warm_up_seconds": 0.1, **options})
            return await load.Talk(session, url, people(6), 2).run(pace)

    return asyncio.run(scene())


def test_host_tasks_are_what_was_done_on_all_hosts() -> None:
    assert runs.counted(RECAP) == (105, 3)


@pytest.mark.parametrize(
    ("line", "delivered"),
    [
        ("    ok     chat.example.com  message delivered             84 ms", True),
        ("    BAD    chat.example.com  message delivered             no sync delivered it", False),
        ("TASK [Let two people talk through the public address] ***", False),
    ],
)
def test_only_a_delivered_message_stops_the_clock(line: str, delivered: bool) -> None:
    assert bool(runs.DELIVERED.search(line)) is delivered


def test_every_message_is_delivered_to_all_others_of_its_room() -> None:
    times = talk(ChatServer())
    assert len(times.sends) > 10
    # Six people in two rooms: each message has two others to reach.
    assert len(times.deliveries) == times.expected == 2 * len(times.sends)
    assert times.figures()["undelivered"] == 0


def test_times_hold_what_the_server_took() -> None:
    times = talk(ChatServer(send_seconds=0.05))
    assert times.figures()["send_ms"] >= 50
    assert times.figures()["sends_per_s"] <= 6 / 0.05


def test_calm_people_rest_between_messages() -> None:
    times = talk(ChatServer(), seconds=0.9, pause=0.3)
    assert len(times.sends) <= 6 * 3


def test_a_refusal_is_counted_and_obeyed() -> None:
    server = ChatServer(refuse_first=3)
    times = talk(server)
    assert times.refused == 3
    assert times.sends


def test_what_was_lost_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "GRACE_SECONDS", 0.2)
    figures = talk(ChatServer(deaf="@p0:example.com")).figures()
    assert figures["undelivered"] > 0


def test_an_error_of_the_server_ends_the_measurement() -> None:
    with pytest.raises(runs.BenchError, match="was answered 500"):
        talk(ChatServer(broken=True))


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "2001:db8::1"])
def test_load_is_made_on_test_networks_only(address: str) -> None:
    with pytest.raises(runs.BenchError, match="no address of a test network"):
        load.measure(load.Target("http://x", address), people(2), 1, load.Pace(1, 0))


def test_a_percentile_of_few_values_is_one_of_them() -> None:
    assert [load.rounded(values, 95) for values in ([], [7.0], [1.0, 1.0])] == [0.0, 7.0, 1.0]


def test_ratios_are_the_edge_over_the_single_process() -> None:
    one = {"sends_per_s": 40, "send_ms": 400, "deliver_ms": 600, "calm_send_ms": 20, "calm_deliver_ms": 0}
    two = {name: value / 2 for name, value in one.items()}
    assert report.ratios({"edge": two, "single_process": one}) == {
        "sends_per_s": 0.5, "send_ms": 0.5, "deliver_ms": 0.5, "calm_send_ms": 0.5
    }  # fmt: skip
    assert report.ratios({"edge": two}) == {}


def test_the_table_shows_what_was_measured_and_the_file_holds_it(tmp_path: Path) -> None:
    figures = load.Times([10.0, 20.0], [30.0, 40.0], 2, 0, 1.0).figures()
    chat = {"edge": {**figures, "calm_send_ms": 1.5, "calm_deliver_ms": 2.5}}
    machine = {"cores": 2, "release": "trixie", "commit": "abc"}
    results = {"machine": machine, "deploy_single_s": 171.5, "chat": {**chat, "ratio": {}}}
    shown = report.table(results)
    assert "171.5 s" in shown
    assert "send 15.0 ms" in shown
    assert "one process, asked" not in shown
    report.write(results, tmp_path / "latest.json")
    assert json.loads((tmp_path / "latest.json").read_text()) == results


@pytest.mark.parametrize("name", ["single", "lab"])
def test_a_copied_inventory_has_a_network_of_its_own(name: str, tmp_path: Path) -> None:
    before = inventory.read(ROOT / "inventories" / name)
    copies.copy(ROOT / "inventories" / name, tmp_path / "copy", network="other", number=99)
    after = inventory.read(tmp_path / "copy")
    assert (after.network, str(after.subnet), str(after.subnet6)) == ("other", "10.91.99.0/24", "fd00:91:99::/64")
    assert sorted(after.addresses) == sorted(before.addresses)
    assert str(before.subnet)[:-4] not in (tmp_path / "copy/group_vars/all/main.yml").read_text()
