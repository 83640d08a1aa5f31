"""Runs as root on a chat host: one Synapse process without workers in place of the platform's.

It is the installed Synapse with the platform's own configuration, less what workers need: no Redis, no replication, no
stream writers. Its database is fresh and lies in the same PostgreSQL; its listener speaks plain HTTP.
"""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml

Call = dict[str, Any]
CONFIG = Path("/etc/matrix-synapse")
DATA = Path("/var/lib/matrix-synapse/bench")
# Settings that spread work over processes (docs/workers.md).
WORKERS_ONLY = {
    "enable_media_repo",
    "federation_sender_instances",
    "instance_map",
    "media_instance_running_background_jobs",
    "notify_appservices_from_worker",
    "pusher_instances",
    "redis",
    "run_background_tasks_on",
    "start_pushers",
    "stream_writers",
    "update_user_directory_from_worker",
    "worker_replication_secret_path",
}
# Synapse's sample of a PostgreSQL configuration (docs/postgres.md).
POOL = {"cp_min": 5, "cp_max": 10}
WAIT_SECONDS = 120


def run(*command: str, text: str | None = None) -> str:
    """Return what a command printed; its failure ends the program."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout


def stop_platform() -> None:
    """Stop every chat process of the platform on this host."""
    listed = run("systemctl", "list-units", "--plain", "--no-legend", "--state=active", "synapse-*")
    units = [line.split()[0] for line in listed.splitlines()]
    run("systemctl", "stop", *units)


def make_database(name: str) -> None:
    """Make an empty database as Synapse demands it."""
    psql = ("runuser", "-u", "postgres", "--", "psql", "-v", "ON_ERROR_STOP=1", "-d", "postgres")
    options = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    run(*psql, text=f"CREATE DATABASE {name} OWNER synapse {options};")


def write_configuration(call: Call) -> Path:
    """Write the one process's configuration and return its path."""
    whole = yaml.safe_load((CONFIG / "homeserver.yaml").read_text())
    config = {name: value for name, value in whole.items() if name not in WORKERS_ONLY}
    resources = [{"names": ["client", "federation", "health"]}]
    listener = {"type": "http", "port": call["port"], "bind_addresses": [call["address"]], "resources": resources}
    config["listeners"] = [listener]
    config["database"]["args"] |= {"dbname": call["database"], **POOL}
    config["media_store_path"] = str(DATA)
    target = CONFIG / "bench.yaml"
    target.write_text(yaml.safe_dump(config))
    return target


def start(call: Call, config: Path) -> None:
    """Run the process as the platform's main process is run, and wait until it answers."""
    main = run("systemctl", "cat", "synapse-main.service")
    python = next(line.split("=", 1)[1].split()[0] for line in main.splitlines() if line.startswith("ExecStart="))
    run("install", "-d", "-o", "matrix-synapse", "-g", "matrix-synapse", str(DATA))
    unit = ("systemd-run", "--unit=bench-synapse", "--uid=matrix-synapse", f"--working-directory={DATA}")
    settings = ("--setenv=LD_PRELOAD=libjemalloc.so.2", "--property=Type=notify", "--property=TimeoutStartSec=600")
    run(*unit, *settings, python, "-m", "synapse.app.homeserver", f"--config-path={config}")
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://{call['address']}:{call['port']}/health", timeout=5)
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def open_port(port: int) -> None:
    """Let everybody in at a port that the platform's firewall knows nothing of."""
    run("nft", "insert", "rule", "inet", "privatechat", "input", "tcp", "dport", str(port), "accept")


def main(call: Call) -> str:
    """Return when the process answers; the call has address, port and the name of a database."""
    stop_platform()
    open_port(call["port"])
    make_database(call["database"])
    start(call, write_configuration(call))
    return "started"
