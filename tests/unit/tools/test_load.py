"""People talk on a server of a few lines, and the load generator sees what there is to see."""

from __future__ import annotations

import asyncio

import pytest
from benchkit import load, runs

from .chat_server import ChatServer


def people(count: int) -> list[load.Person]:
    return [load.Person(f"@p{number}:example.com", f"token{number}") for number in range(count)]


def talk(server: ChatServer, **options: float) -> load.Times:
    async def scene() -> load.Times:
        async with server.running() as url, load._session(load.Target(url, "127.0.0.1")) as session:
            pace = load.Pace(**{"seconds": 0.5, "warm_up_seconds": 0.1, **options})
            return await load.Talk(session, url, people(6), 2).run(pace)

    return asyncio.run(scene())


def test_every_message_is_delivered_to_all_others_of_its_room() -> None:
    times = talk(ChatServer())
    assert times.sends
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
