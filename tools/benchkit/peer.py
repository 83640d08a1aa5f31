"""Measures the platform's Redis role beside DebOps' role for the same service, each on a fresh node of its own."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import Any

import yaml

from .runs import BIN, CHECKOUT, STATE, BenchError, Nodes, Run, environment, timed

# DebOps is what comes in Debian's own spirit: roles for the same services, kept for many years, on the same releases.
PEER = "debops==3.3.2"
LIBRARIES = ["dnspython", "netaddr", "passlib"]
VENV = CHECKOUT / ".cache/bench/peer"
COLLECTIONS = "lib/python*/site-packages/debops/_data/ansible/collections"
PEER_NODE = "peer1"
OURS = [CHECKOUT / f"playbooks/{name}.yml" for name in ("topology", "redis")]
NEEDED = [CHECKOUT / f"playbooks/{name}.yml" for name in ("topology", "secrets", "base", "tls")]


def install() -> Path:
    """Return the peer's collections, having installed them beside the same Ansible that the platform is run with."""
    found = sorted(VENV.glob(COLLECTIONS))
    if found:
        return found[0]
    pinned = re.search(r"^ansible==\S+", (CHECKOUT / "requirements.txt").read_text(), re.MULTILINE)
    if not pinned:
        raise BenchError("requirements.txt pins no ansible, so that the peer cannot be measured with the same one.")
    shutil.rmtree(VENV, ignore_errors=True)
    uv = str(BIN / "uv")
    variables = environment(UV_CACHE_DIR=str(CHECKOUT / ".cache/uv"), UV_NATIVE_TLS="1")
    into = [uv, "pip", "install", "--quiet", "--python", str(VENV / "bin/python")]
    for command in ([uv, "venv", "--quiet", str(VENV)], [*into, PEER, pinned[0], *LIBRARIES]):
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"the peer role cannot be installed: {done.stderr.strip()}")
    return next(iter(VENV.glob(COLLECTIONS)))


def add_node(inventory: Path, number: int) -> None:
    """Give the inventory a node for the peer, in no group of the platform."""
    file = inventory / "hosts.yml"
    tree = yaml.safe_load(file.read_text())
    tree["all"]["hosts"][PEER_NODE] = {"ansible_host": f"10.91.{number}.12"}
    file.write_text(yaml.safe_dump(tree))


def peer_playbook() -> Path:
    """Write the play that a user of the peer would run for this role alone."""
    play = {"name": "Redis as DebOps has it", "hosts": PEER_NODE, "become": True, "collections": ["debops.debops"]}
    target = STATE / "peer.yml"
    target.write_text(yaml.safe_dump([{**play, "roles": ["redis_server"]}], sort_keys=False))
    return target


class Contest:
    """Both roles on nodes of one inventory, with the same Ansible and the same SSH settings."""

    def __init__(self, nodes: Nodes, collections: Path) -> None:
        self.nodes = nodes
        self.playbook = peer_playbook()
        self.collections = collections

    def ours(self, label: str) -> Run:
        """Run the platform's playbooks of the role: topology, role, and the play that restarts stale members."""
        return self.nodes.play(f"role-ours-{label}", *OURS)

    def peers(self, label: str) -> Run:
        """Run the peer's role."""
        program = str(VENV / "bin/ansible-playbook")
        command = [program, "-i", str(self.nodes.inventory), str(self.playbook)]
        # The peer keeps passwords in a folder of the control machine.
        variables = environment(ANSIBLE_COLLECTIONS_PATH=str(self.collections))
        return timed(f"role-peer-{label}", command, variables)


def measure(source: Path, number: int, collections: Path, repeats: int = 3) -> dict[str, Any]:
    """Return seconds of a run that changes nothing, ours and the peer's, and the ratio; the nodes are gone after it."""
    nodes = Nodes.of("role", source, number)
    add_node(nodes.inventory, number)
    nodes.up()
    nodes.play("role-prepare", *NEEDED)
    contest = Contest(nodes, collections)
    contest.ours("first")
    contest.peers("first")
    again = [(contest.ours(f"{n}"), contest.peers(f"{n}")) for n in range(1, repeats + 1)]
    nodes.down()
    ours, peers = ([pair[side] for pair in again] for side in (0, 1))
    medians = [statistics.median(run.seconds for run in runs) for runs in (ours, peers)]
    return {
        "name": "redis",
        "peer": PEER.replace("==", " "),
        "ours_s": round(medians[0], 1),
        "peer_s": round(medians[1], 1),
        "ratio": round(medians[0] / medians[1], 2),
        "ours_changed": ours[-1].changed,
        "peer_changed": peers[-1].changed,
        "ours_host_tasks": ours[-1].host_tasks,
        "peer_host_tasks": peers[-1].host_tasks,
    }
