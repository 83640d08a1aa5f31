"""The edges and the address they share: who holds it, a client for it, and messages about it."""

from __future__ import annotations

import http
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from testinfra.host import Host

from . import wait

CLIENTS, PAUSE_SECONDS = 2, 0.02
# Sent to one address: VRRP version 3, priority 255, advertisements every half second (RFC 5798, section 5.2).
ADVERTISE = """
import socket, struct, sys
source, target, floating, router = sys.argv[1:]
pack = lambda checksum: struct.pack('!BBBBHH4s', 0x31, int(router), 255, 1, 50, checksum, socket.inet_aton(floating))
pseudo = struct.pack('!4s4sBBH', socket.inet_aton(source), socket.inet_aton(target), 0, 112, len(pack(0)))
total = sum(struct.unpack('!%dH' % (len(pseudo + pack(0)) // 2), pseudo + pack(0)))
total = (total & 0xffff) + (total >> 16)
with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as raw:
    raw.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
    raw.bind((source, 0))
    raw.sendto(pack(~(total + (total >> 16)) & 0xffff), (target, 0))
"""


def holders(hosts: Iterable[Host], floating: str) -> list[Host]:
    """Return those hosts that have the floating address."""
    return [host for host in hosts if host.check_output(f"ip -oneline address show to {floating}")]


@dataclass(frozen=True)
class Edges:
    """The edges and the address that one of them holds."""

    hosts: dict[str, Host]
    addresses: dict[str, str]
    stranger: Host
    stranger_address: str
    floating: str
    public_name: str
    authority: str

    def holders(self) -> list[str]:
        """Return the names of the edges that have the floating address."""
        holding = holders(self.hosts.values(), self.floating)
        return [name for name, host in self.hosts.items() if host in holding]

    def holder(self) -> str:
        """Wait until exactly one edge has the address; return its name."""
        return wait.until(lambda: len(found := self.holders()) == 1 and found[0], what="one holder", seconds=30) or ""

    def other(self, name: str) -> str:
        """Return the name of the edge that is not this one."""
        return next(host for host in self.hosts if host != name)

    def connect(self, seconds: float = 5, protocols: tuple[str, ...] = ()) -> ssl.SSLSocket:
        """Return a new connection to the floating address over verified TLS."""
        trust = ssl.create_default_context(cadata=self.authority)
        if protocols:
            trust.set_alpn_protocols(list(protocols))
        raw = socket.create_connection((self.floating, 443), timeout=seconds)
        return trust.wrap_socket(raw, server_hostname=self.public_name)

    def ask(self, seconds: float = 5) -> int:
        """Return the status with which the floating address answers one request on a new connection."""
        with self.connect(seconds) as tls:
            connection = http.client.HTTPConnection(self.public_name)
            connection.sock = tls
            connection.request("GET", "/.well-known/matrix/client")
            return connection.getresponse().status

    def assert_stays(self, name: str, seconds: float) -> None:
        """Fail if the address leaves the edge within a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.holders() == [name]

    def advertise(self, sender: Host, source: str, target: str) -> None:
        """Send one advertisement of the highest priority from a host to an edge."""
        router = self.floating.rpartition(".")[2]
        sender.check_output(f"python3 - {source} {target} {self.floating} {router} <<'END'\n{ADVERTISE}\nEND")


class Stream:
    """New HTTPS connections to the floating address, one after the other, until it is closed."""

    def __init__(self, edges: Edges, patience: float = 5) -> None:
        self.answers: list[float] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(edges, patience)) for _ in range(CLIENTS)]

    @property
    def longest_silence(self) -> float:
        """The most seconds between two answers."""
        times = sorted(self.answers)
        return max(later - earlier for earlier, later in pairwise(times))

    def wait_for_answer(self, seconds: float) -> None:
        """Wait for an answer that comes after now."""
        now = time.monotonic()
        wait.until(lambda: self.answers and self.answers[-1] > now, what="an answer", seconds=seconds, pause=0.1)

    def _run(self, edges: Edges, patience: float) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            try:
                status = edges.ask(patience)
            except OSError as problem:
                self.failures.append(repr(problem))
                continue
            if status == http.HTTPStatus.OK:
                self.answers.append(time.monotonic())
            else:
                self.failures.append(f"status {status}")

    def __enter__(self) -> Stream:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
