"""Leads a client on the control machine to a port that only nodes reach, over the SSH connection to one of them."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from testkit.playbook import ROOT

BYTES = 65536
# Runs on the node: whatever comes in goes to the port, whatever comes from there goes out.
PUMP = """
import os, socket, sys, threading
port = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while data := os.read(0, 65536):
        port.sendall(data)
    port.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := port.recv(65536):
    os.write(1, data)
"""


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Hand on what comes until there is no more."""
    with suppress(ConnectionError):
        while data := await source.read(BYTES):
            sink.write(data)
            await sink.drain()
        sink.close()


@asynccontextmanager
async def to(inventory: str, node: str, address: str, port: int) -> AsyncIterator[str]:
    """Yield an address of this machine behind which the node's way to the port lies."""
    remote = shlex.join(["python3", "-c", PUMP, address, str(port)])
    command = [sys.executable, str(ROOT / "tools/lab"), "ssh", "-i", inventory, node, remote]

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        assert process.stdin, "a pipe was asked for"
        assert process.stdout, "a pipe was asked for"
        await asyncio.gather(pump(reader, process.stdin), pump(process.stdout, writer))
        await process.wait()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
