"""What the loopback listeners of a host lead to, as its HAProxy says and as clients see."""

from __future__ import annotations

import csv
import io

from testinfra.host import Host

from testkit import postgresql

PORTS = {"postgresql_primary": 15432, "postgresql_replicas": 15433, "redis_primary": 16379, "rabbitmq": 15670}
PING = "exec 3<>/dev/tcp/127.0.0.1/16379; printf 'PING\\r\\n' >&3; timeout 3 head -c 5 <&3"
FIGURES = """
import http.client, socket, sys
c = http.client.HTTPConnection('x'); c.sock = socket.socket(socket.AF_UNIX); c.sock.connect(sys.argv[1])
c.request('GET', '/stats;csv'); print(c.getresponse().read().decode())
"""


def talk_to_redis(host: Host) -> str:
    """Return the first bytes that Redis answers through the listener."""
    return str(host.run("bash -c %s", PING).stdout)


def address_seen(host: Host, port: int) -> str:
    """Return the address of the database server that a listener leads to."""
    password = host.ansible.get_variables()["platform_secret_synapse_database_password"]
    service = f"host={postgresql.SERVICE} hostaddr=127.0.0.1 port={port} {postgresql.TLS}"
    target = f"{service} user=synapse dbname=synapse connect_timeout=5"
    query = "SELECT host(inet_server_addr())"
    return host.check_output("PGPASSWORD=%s psql --no-psqlrc -At -c %s %s", password, query, target)


def servers(host: Host, proxy: str, socket: str = "/run/haproxy/status.sock") -> dict[str, dict[str, str]]:
    """Return HAProxy's figures of the servers behind a listener, by name."""
    table = host.check_output("python3 -c %s %s", FIGURES, socket)
    rows = list(csv.DictReader(io.StringIO(table.lstrip("# "))))
    ends = ("FRONTEND", "BACKEND")
    return {row["svname"]: row for row in rows if row["pxname"] == proxy and row["svname"] not in ends}


def in_use(host: Host, proxy: str) -> list[str]:
    """Return the servers that hold sessions of a listener."""
    return [name for name, row in servers(host, proxy).items() if int(row["scur"])]


def up(host: Host, proxy: str, socket: str = "/run/haproxy/status.sock") -> set[str]:
    """Return the servers that a listener leads to."""
    return {name for name, row in servers(host, proxy, socket).items() if row["status"].startswith("UP")}
