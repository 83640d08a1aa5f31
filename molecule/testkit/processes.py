"""The chat server's processes, asked one by one, and the program with which it says what they can answer."""

from __future__ import annotations

import json
from typing import Any

from testinfra.host import Host

# Runs Synapse's own program and also tells what it has found before it shortened that for people.
PRINT = """
import contextlib, io, json, sys
from synapse._scripts import generate_workers_map as program
enumerate_paths, found = program.get_registered_paths_for_default, {}
def remember(app, config):
    found["worker" if app else "main"] = paths = enumerate_paths(app, config)
    return paths
program.get_registered_paths_for_default = remember
sys.argv = ["generate_workers_map", "--config-path", "/etc/matrix-synapse/homeserver.yaml"]
with contextlib.redirect_stdout(io.StringIO()) as printed:
    program.main()
print(json.dumps({"printed": printed.getvalue(), **{name: sorted(paths) for name, paths in found.items()}}))
"""
# Every stream that may have writers of its own, as the installed Synapse's configuration knows them.
STREAMS = """
import attr, json
from synapse.config.workers import WriterLocations
print(json.dumps([field.name for field in attr.fields(WriterLocations)]))
"""
ASK = """
import concurrent.futures, http.client, json, sys
def ask(request):
    address, port, method, path, token, body = request
    connection = http.client.HTTPConnection(address, port, timeout=60)
    headers = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
    connection.request(method, path, json.dumps(body), headers)
    answer = connection.getresponse()
    return [answer.status, answer.read().decode(errors="replace")[:4000]]
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(ask, json.loads(sys.argv[1])))))
"""
# A command has no room for more requests at once.
AT_ONCE = 300
MAIN = "synapse-main.service"


def unit(name: str) -> str:
    """Return the name of a process' unit."""
    return MAIN if name == "main" else f"synapse-worker@{name}.service"


def enumerated(host: Host) -> dict[str, Any]:
    """Return what Synapse's program prints, and methods with patterns of main and of a worker."""
    found: dict[str, Any] = _said(host, PRINT)
    return found


def streams(host: Host) -> list[str]:
    """Return the streams that may leave main."""
    found: list[str] = _said(host, STREAMS)
    return found


def _said(host: Host, program: str) -> Any:
    """Run a program with the installed Synapse and return what its last line says."""
    done = host.run("cd / && runuser -u matrix-synapse -- $(ls -d /opt/synapse/*/bin/python) -c %s", program)
    assert done.succeeded, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def ask_all(host: Host, requests: list[list[Any]]) -> list[list[Any]]:
    """Send requests (address, port, method, path, token, body) and return status and text of each answer."""
    found: list[list[Any]] = []
    for start in range(0, len(requests), AT_ONCE):
        done = host.run("python3 -c %s %s", ASK, json.dumps(requests[start : start + AT_ONCE]))
        assert done.succeeded, done.stderr
        found += json.loads(done.stdout)
    return found
