"""Speaks to RabbitMQ as a client would, with Debian's own client library, and to its management interface."""

from __future__ import annotations

import json
import shlex
from typing import Any

from testinfra.backend.base import CommandResult
from testinfra.host import Host

AUTHORITY = "/etc/privatechat/tls/ca.pem"
DEFAULT_AUTHORITY = "/etc/ssl/certs/ca-certificates.crt"
PROGRAM = """
import os, ssl, sys, pika
address, port, trust, user, command, name, *text = sys.argv[1:]
tls = None
if trust:
    tls = pika.SSLOptions(ssl.create_default_context(cafile=trust), "rabbitmq.privatechat.internal")
login = pika.PlainCredentials(user, os.environ["PASSWORD"])
parameters = pika.ConnectionParameters(
    address, int(port), "privatechat", login, ssl_options=tls, socket_timeout=10, blocked_connection_timeout=20
)
connection = pika.BlockingConnection(parameters)
channel = connection.channel()
if command == "declare":
    channel.queue_declare(name, durable=True)
elif command == "publish":
    channel.confirm_delivery()
    for word in text:
        kept = pika.BasicProperties(delivery_mode=2)
        channel.basic_publish("", name, word.encode(), kept, mandatory=True)
elif command == "receive":
    while (message := channel.basic_get(name, auto_ack=True))[0]:
        print(message[2].decode())
elif command == "delete":
    channel.queue_delete(name)
connection.close()
"""
REQUEST = """
import base64, os, ssl, sys, urllib.request
login = base64.b64encode(os.environ["LOGIN"].encode()).decode()
request = urllib.request.Request(sys.argv[1], headers={"Authorization": "Basic " + login})
trust = ssl.create_default_context(cafile=sys.argv[2])
print(urllib.request.urlopen(request, context=trust, timeout=20).read().decode())
"""


def variable(host: Host, name: str) -> str:
    """Return a variable of the inventory."""
    return str(host.ansible.get_variables()[name])


def prepare(host: Host) -> None:
    """Install the client library."""
    host.check_output("python3 -c 'import pika' 2>/dev/null || apt-get install -qq --yes python3-pika")


def amqp(
    host: Host,
    command: str,
    name: str = "",
    *texts: str,
    user: str = "privatechat",
    password: str | None = None,
    trust: str = AUTHORITY,
    address: str = "",
    port: int = 5671,
) -> CommandResult:
    """Do one thing as a client of the member, or of another address; without TLS if nobody is trusted."""
    word = variable(host, "platform_secret_rabbitmq_password") if password is None else password
    arguments = [address or variable(host, "ansible_host"), str(port), trust, user, command, name, *texts]
    return host.run(f"PASSWORD={shlex.quote(word)} python3 -c {shlex.quote(PROGRAM)} {shlex.join(arguments)}")


def ask(host: Host, path: str, *, login: str = "") -> CommandResult:
    """Ask the member's management interface, as its administrator unless somebody else is named."""
    word = login or f"administrator:{variable(host, 'platform_secret_rabbitmq_admin_password')}"
    arguments = [f"https://{variable(host, 'ansible_host')}:15671/api{path}", AUTHORITY]
    return host.run(f"LOGIN={shlex.quote(word)} python3 -c {shlex.quote(REQUEST)} {shlex.join(arguments)}")


def told(host: Host, path: str) -> Any:
    """Return what the management interface answers the administrator."""
    answer = ask(host, path)
    assert answer.succeeded, answer.stderr
    return json.loads(answer.stdout)


def running(host: Host) -> list[str]:
    """Return the members that run, as this one sees it."""
    return sorted(node["name"] for node in told(host, "/nodes?columns=name,running") if node["running"])
