"""The database as its clients and its administrator see it, and one client that writes all the time."""

from __future__ import annotations

import itertools
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from testinfra.backend.base import CommandResult
from testinfra.host import Host

from testkit import nodes, wait

TLS = "sslmode=verify-full sslrootcert=/etc/privatechat/tls/ca.pem"
SERVICE = "postgresql.privatechat.internal"
WRITER = """
import itertools, psycopg2, sys, time
numbers = itertools.count()
while True:
    try:
        session = psycopg2.connect(sys.argv[1])
        session.autocommit = True
        cursor = session.cursor()
        while True:
            number = next(numbers)
            cursor.execute("INSERT INTO written VALUES (%s)", (number,))
            print(number, time.time(), flush=True)
            time.sleep(0.05)
    except psycopg2.Error:
        time.sleep(0.1)
"""


def secret(host: Host, name: str) -> str:
    """Return a secret of the inventory."""
    return str(host.ansible.get_variables()[f"platform_secret_{name}"])


def query(host: Host, text: str, *, options: str = TLS, password: str | None = None) -> CommandResult:
    """Run a statement as the chat server would: from a chat host, on the member's address, under the service's name."""
    word = secret(host, "synapse_database_password") if password is None else password
    target = f"host={SERVICE} hostaddr={nodes.address(host)} user=synapse dbname=synapse connect_timeout=3 {options}"
    client = nodes.sibling(host, "chat")
    return client.run("PGPASSWORD=%s psql --no-psqlrc -At -v ON_ERROR_STOP=1 -c %s %s", word, text, target)


def administer(host: Host, text: str, database: str = "postgres") -> str:
    """Run a statement as the administrator of the member."""
    return str(host.check_output("psql --no-psqlrc -At -U postgres -d %s -c %s", database, text))


def ask(host: Host, path: str) -> tuple[int, Any]:
    """Return status and answer of the member's REST interface; status 0 when it does not answer."""
    trust = ssl.create_default_context(cadata=host.file("/etc/privatechat/tls/ca.pem").content_string)
    url = f"https://{nodes.address(host)}:8008{path}"
    try:
        with urllib.request.urlopen(url, context=trust, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)
    except OSError:
        return 0, None


def primary_of(hosts: list[Host], *, seconds: float = 60) -> Host:
    """Return the member that leads, as soon as one does."""

    def leading() -> list[Host]:
        return [host for host in hosts if ask(host, "/primary")[0] == 200]

    return wait.until(leading, what="a member becoming primary", seconds=seconds)[0]


def in_step(hosts: list[Host], *, seconds: float = 120) -> None:
    """Wait until one member leads, every other one streams from it, and one of these is synchronous."""
    numbers = "SELECT count(*) FILTER (WHERE sync_state = 'sync'), count(*) FROM pg_stat_replication"

    def followed() -> bool:
        primary = primary_of(hosts)
        replicas = [host for host in hosts if host is not primary]
        served = all(ask(host, "/replica?lag=16MB")[0] == 200 for host in replicas)
        # What Patroni knows, without which it hands over to nobody, comes after what PostgreSQL knows.
        served &= any(ask(host, "/synchronous")[0] == 200 for host in replicas)
        return served and administer(primary, f"{numbers} WHERE state = 'streaming'") == f"1|{len(replicas)}"

    wait.until(followed, what="every member being in step", seconds=seconds)


@dataclass
class Writer:
    """A client that writes a row 20 times a second wherever the primary is, and notes what was acknowledged."""

    host: Host
    hosts: list[Host]
    file = "/tmp/written"

    def start(self) -> None:
        """Begin."""
        created = "DROP TABLE IF EXISTS written; CREATE TABLE written (n int)"
        assert query(primary_of(self.hosts), created).succeeded
        target = f"host={','.join([SERVICE] * len(self.hosts))} user=synapse dbname=synapse connect_timeout=2 {TLS}"
        target += f" hostaddr={','.join(map(nodes.address, self.hosts))} target_session_attrs=read-write"
        self.host.check_output(
            "PGPASSWORD=%s systemd-run --quiet --unit=writer --setenv=PGPASSWORD --property=StandardOutput=truncate:%s"
            " python3 -c %s %s",
            secret(self.host, "synapse_database_password"),
            self.file,
            WRITER,
            target,
        )
        self.acknowledged(more_than=20)

    def acknowledged(self, more_than: int = 0) -> list[tuple[int, float]]:
        """Return number and time of each acknowledged row, once there are more than so many."""

        def noted() -> list[tuple[int, float]]:
            lines = [line.split() for line in self.host.file(self.file).content_string.splitlines()]
            found = [(int(line[0]), float(line[1])) for line in lines if len(line) == 2]
            return found if len(found) > more_than else []

        return wait.until(noted, what=f"more than {more_than} rows being written")

    def stop(self) -> None:
        """End."""
        self.host.run("systemctl stop writer.service; systemctl reset-failed writer.service")

    def longest_gap(self) -> float:
        """Return the longest time between two acknowledged rows, in seconds."""
        times = [time for _number, time in self.acknowledged()]
        return max(after - before for before, after in itertools.pairwise(times))

    def lost(self, member: Host) -> set[int]:
        """Return the rows that were acknowledged and that the member does not have."""
        # In this order: it may still be writing.
        acknowledged = {number for number, _time in self.acknowledged()}
        return acknowledged - {
            int(line) for line in administer(member, "SELECT n FROM written", "synapse").splitlines()
        }
