"""Two people use the service with a real client library, over verified TLS and without help from DNS."""

from __future__ import annotations

import asyncio
import io
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import nio
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

SECONDS = 60
ENCRYPTION = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]


class OneAddress(AbstractResolver):
    """Knows the public name, whatever DNS and hosts files say."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=self.address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None: ...


@asynccontextmanager
async def client_of(service: Any, person: Any, store: Path) -> AsyncIterator[nio.AsyncClient]:
    """Give a client for the person, with the device that registration has made, and keys of its own."""
    config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True, pickle_key="test")
    store.mkdir(exist_ok=True)
    client = nio.AsyncClient(service.url, person.user_id, store_path=str(store), config=config, ssl=service.tls())
    client.client_session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=OneAddress(service.address)))
    client.restore_login(person.user_id, person.device_id, person.access_token)
    try:
        yield client
    finally:
        await client.close()


async def send(client: nio.AsyncClient, room: str, text: str) -> None:
    content = {"msgtype": "m.text", "body": text}
    answer = await client.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
    assert isinstance(answer, nio.RoomSendResponse), answer


async def receive(client: nio.AsyncClient, room: str, text: str) -> nio.RoomMessageText:
    """Sync until the text arrives; fail when it does not come in time."""
    async with asyncio.timeout(SECONDS):
        while True:
            answer = await client.sync(timeout=10_000)
            assert isinstance(answer, nio.SyncResponse), answer
            joined = answer.rooms.join.get(room)
            for event in joined.timeline.events if joined else []:
                if isinstance(event, nio.RoomMessageText) and event.body == text:
                    return event


async def meet(alice: nio.AsyncClient, bob: nio.AsyncClient, **options: Any) -> str:
    """Return a new room that both are in and know."""
    made = await alice.room_create(invite=[bob.user_id], **options)
    assert isinstance(made, nio.RoomCreateResponse), made
    assert isinstance(await bob.join(made.room_id), nio.JoinResponse)
    async with asyncio.timeout(SECONDS):
        while made.room_id not in alice.rooms or bob.user_id not in alice.rooms[made.room_id].users:
            assert isinstance(await alice.sync(timeout=5_000), nio.SyncResponse)
    return made.room_id


Story = Callable[[nio.AsyncClient, nio.AsyncClient], Coroutine[Any, Any, None]]


@pytest.fixture
def play(service: Any, new_person: Callable[[], Any], tmp_path: Path) -> Callable[[Story], None]:
    """Return a function that plays a story with two people who are logged in."""

    def run(story: Story) -> None:
        async def scene() -> None:
            alice, bob = (
                client_of(service, new_person(), tmp_path / "a"),
                client_of(service, new_person(), tmp_path / "b"),
            )
            async with alice as one, bob as two:
                await story(one, two)

        asyncio.run(scene())

    return run


def test_a_person_logs_in_with_the_password_and_out(service: Any, new_person: Any, tmp_path: Path) -> None:
    async def story() -> None:
        person = new_person()
        async with client_of(service, person, tmp_path) as client:
            assert isinstance(await client.login(person.password), nio.LoginResponse)
            assert isinstance(await client.whoami(), nio.WhoamiResponse)
            assert isinstance(await client.logout(), nio.LogoutResponse)
            assert isinstance(await client.login("wrong " + person.password), nio.LoginError)

    asyncio.run(story())


def test_a_message_reaches_the_other_in_a_waiting_sync(play: Callable[[Story], None]) -> None:
    async def story(alice: nio.AsyncClient, bob: nio.AsyncClient) -> None:
        room = await meet(alice, bob)
        await bob.sync(timeout=0)
        waiting = asyncio.create_task(receive(bob, room, "hello"))
        await send(alice, room, "hello")
        event = await waiting
        assert (event.sender, event.decrypted) == (alice.user_id, False)

    play(story)


def test_an_encrypted_message_is_read_by_the_other_only(service: Any, play: Callable[[Story], None]) -> None:
    async def story(alice: nio.AsyncClient, bob: nio.AsyncClient) -> None:
        for client in (alice, bob):
            await client.sync(timeout=0)
            assert isinstance(await client.keys_upload(), nio.KeysUploadResponse)
        room = await meet(alice, bob, initial_state=ENCRYPTION)
        assert alice.rooms[room].encrypted
        await alice.keys_query()
        await send(alice, room, "for your eyes only")
        event = await receive(bob, room, "for your eyes only")
        assert event.decrypted
        path = f"/_matrix/client/v3/rooms/{room}/event/{event.event_id}"
        on_server = service.ask("GET", path, {"Authorization": f"Bearer {bob.access_token}"}).json
        assert on_server["type"] == "m.room.encrypted"

    play(story)


def test_a_file_comes_down_as_it_went_up(play: Callable[[Story], None]) -> None:
    async def story(alice: nio.AsyncClient, bob: nio.AsyncClient) -> None:
        content = secrets.token_bytes(3 * 1024 * 1024)
        answer, _keys = await alice.upload(io.BytesIO(content), "application/zip", "x.zip", filesize=len(content))
        assert isinstance(answer, nio.UploadResponse), answer
        got = await bob.download(mxc=answer.content_uri)
        assert isinstance(got, nio.DownloadResponse), got
        assert got.body == content

    play(story)
