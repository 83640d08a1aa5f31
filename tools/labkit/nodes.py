"""Makes, finds and removes the nodes of one inventory."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

from . import host, image
from .inventory import Lab
from .shell import LabError, run, say, succeeds

BOOT_SECONDS = 90
LABEL = "privatechat.lab"


def up(lab: Lab, checkout: Path) -> None:
    """Make the inventory's nodes run and be reachable; nodes that are as they should be are left alone."""
    with host.locked():
        host.prepare(checkout)
        key = _key(checkout)
        name = image.make(lab.release, checkout / ".cache")
        _make_network(lab)
        made = _make_nodes(lab, name, key)
        _wait(lab)
        _write_connection(lab, checkout, key)
    state = f"made {', '.join(made)}" if made else "all were running"
    say(f"{len(lab.addresses)} node(s) of {lab.network} ready ({state})")
    for node, address in lab.addresses.items():
        print(f"    {node}  {lab.address6(node)}  {shlex.join(_ssh_command(checkout, str(address)))}")


def down(lab: Lab) -> None:
    """Remove the inventory's nodes and its network."""
    with host.locked():
        if not host.namespace_pid():
            return
        names = [name for name, _ in _found(lab)]
        if names:
            run(host.podman("rm", "--force", "--time", "0", "--volumes", *names))
        run(host.podman("network", "rm", "--force", lab.network), check=False)
        _forget_connections(lab)
        (lab.directory / "group_vars/all/lab_connection.yml").unlink(missing_ok=True)
    say(f"Removed {len(names)} node(s) and the network {lab.network}")


def kill(lab: Lab, node: str) -> None:
    """End every process of the node at once, as a loss of power does; its disk stays."""
    _known(lab, node)
    with host.locked():
        run(host.podman("kill", "--signal=KILL", lab.container(node)))
        _forget_connections(lab)


def ssh(lab: Lab, checkout: Path, node: str, words: list[str]) -> None:
    """Become an SSH session on the node."""
    _known(lab, node)
    os.execvp("ssh", [*_ssh_command(checkout, str(lab.addresses[node])), *words])  # noqa: S606 - becomes ssh


def status() -> None:
    """Print each node, its state and the inventory that made it."""
    if not host.namespace_pid():
        print("No test nodes on this machine.")
        return
    for entry in _containers(f"label={LABEL}"):
        print(f"{entry['Names'][0]:40} {entry['State']:10} {entry['Labels'].get(LABEL + '.inventory', '')}")


def _known(lab: Lab, node: str) -> None:
    """Refuse a node that the inventory does not have."""
    if node not in lab.addresses:
        raise LabError(f"the inventory has no host {node}; it has {', '.join(lab.addresses)}.")


def _containers(chosen: str) -> list[dict[str, Any]]:
    return json.loads(run(host.podman("ps", "--all", "--format", "json", "--filter", chosen))) or []


def _found(lab: Lab) -> list[tuple[str, dict[str, Any]]]:
    return [(entry["Names"][0], entry) for entry in _containers(f"label={LABEL}={lab.network}")]


def _key(checkout: Path) -> Path:
    key = checkout / ".lab/ssh_key"
    key.parent.mkdir(mode=0o700, exist_ok=True)
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "privatechat-lab", "-f", str(key)])
    return key


def _make_network(lab: Lab) -> None:
    run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"])
    shown = json.loads(run(host.podman("network", "ls", "--format", "json")) or "[]")
    known = {entry["name"]: {subnet["subnet"] for subnet in entry.get("subnets") or []} for entry in shown}
    wanted = {str(lab.subnet), str(lab.subnet6)}
    if known.get(lab.network) == wanted:
        return
    for other, subnets in known.items():
        if other == lab.network or subnets & wanted:
            say(f"Removing the network {other}, which is in the way of {lab.network}")
            run(host.podman("network", "rm", "--force", other))
    host.free_subnet(str(lab.gateway))
    # The upper half is podman's own to hand out; hosts of an inventory sit below it, virtual addresses too.
    spare = list(lab.subnet.subnets(prefixlen_diff=1))[1]
    # Without DNS of its own, a node knows others only by what the platform tells it.
    options = ["--disable-dns", "--subnet", str(lab.subnet), "--gateway", str(lab.gateway), "--ip-range", str(spare)]
    run(host.podman("network", "create", *options, "--ipv6", "--subnet", str(lab.subnet6), lab.network))


def _make_nodes(lab: Lab, image_name: str, key: Path) -> list[str]:
    image_id = run(host.podman("image", "inspect", "--format", "{{.Id}}", image_name)).strip()
    public = key.with_suffix(".pub").read_text()
    made = []
    present = dict(_found(lab))
    for node, address in lab.addresses.items():
        # A node is what these describe: any difference means another node.
        identity = hashlib.sha256(repr((str(address), lab.release, public, str(lab.directory))).encode()).hexdigest()[
            :16
        ]
        entry = present.pop(lab.container(node), None)
        if entry and entry["Labels"].get(f"{LABEL}.identity") == identity:
            if entry["State"] == "running":
                continue
            say(f"Starting {node}")
            run(host.podman("start", lab.container(node)))
        else:
            if entry:
                present[lab.container(node)] = entry
            _remove(lab, present, node)
            say(f"Making {node} at {address}")
            _run_node(lab, node, identity, image_id, key)
        made.append(node)
    for name in present:
        say(f"Removing {name}, which the inventory does not have")
        run(host.podman("rm", "--force", "--time", "0", "--volumes", name))
    if made:
        _forget_connections(lab)
    return made


def _remove(lab: Lab, present: dict[str, Any], node: str) -> None:
    if present.pop(lab.container(node), None):
        run(host.podman("rm", "--force", "--time", "0", "--volumes", lab.container(node)))


def _run_node(lab: Lab, node: str, identity: str, image_id: str, key: Path) -> None:
    run(
        host.podman(
            "run",
            "--detach",
            "--privileged",
            "--systemd=always",
            "--no-hosts",
            f"--name={lab.container(node)}",
            f"--hostname={node}",
            f"--network={lab.network}:ip={lab.addresses[node]},ip6={lab.address6(node)}",
            f"--label={LABEL}={lab.network}",
            f"--label={LABEL}.identity={identity}",
            f"--label={LABEL}.inventory={lab.directory}",
            f"--volume={key.with_suffix('.pub')}:/home/operator/.ssh/authorized_keys:ro",
            image_id,
        )
    )
    # What Debian's installer writes; without it sudo cannot resolve its own host.
    own_name = f"printf '127.0.1.1\\t{node}\\n' >> /etc/hosts"
    run(host.podman("exec", lab.container(node), "sh", "-c", own_name))


def _wait(lab: Lab) -> None:
    """Wait until every node has booted and its SSH server answers."""
    until = time.monotonic() + BOOT_SECONDS
    for node, address in lab.addresses.items():
        state = "no answer"
        while state not in ("running", "degraded") or not succeeds(["ssh-keyscan", "-T", "2", str(address)]):
            if time.monotonic() > until:
                raise LabError(
                    f"node {node} has not booted within {BOOT_SECONDS} s: systemd says {state!r}. Its log: "
                    f"{' '.join(host.podman('exec', lab.container(node), 'journalctl', '-b', '--no-pager'))}"
                )
            time.sleep(0.3)
            state = run(host.podman("exec", lab.container(node), "systemctl", "is-system-running"), check=False).strip()


def _write_connection(lab: Lab, checkout: Path, key: Path) -> None:
    """Write what SSH and Ansible need to reach the nodes, host keys included."""
    known = checkout / ".lab/known_hosts"
    mine = {str(address) for address in lab.addresses.values()}
    lines = [line for line in (known.read_text().splitlines() if known.exists() else []) if line.split()[0] not in mine]
    for node, address in lab.addresses.items():
        shown = run(host.podman("exec", lab.container(node), "cat", "/etc/ssh/ssh_host_ed25519_key.pub"))
        lines.append(f"{address} {' '.join(shown.split()[:2])}")
    known.write_text("\n".join(lines) + "\n")
    sockets = host.STATE / "ssh" / lab.network
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = {
        "ansible_user": "operator",
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
        "ansible_control_path_dir": str(sockets),
    }
    target = lab.directory / "group_vars/all/lab_connection.yml"
    target.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in connection.items())
    target.write_text(f"---\n# Written by tools/lab up: how to reach the test nodes.\n{text}")


def _ssh_command(checkout: Path, address: str) -> list[str]:
    state = checkout / ".lab"
    options = ["-o", f"UserKnownHostsFile={state}/known_hosts", "-o", "ConnectTimeout=10"]
    return ["ssh", "-i", f"{state}/ssh_key", *options, f"operator@{address}"]


def _forget_connections(lab: Lab) -> None:
    """End SSH connections kept open to nodes that are gone, which would otherwise hang."""
    for socket in (host.STATE / "ssh" / lab.network).glob("*"):
        subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={socket}", "node"], capture_output=True, check=False)
        socket.unlink(missing_ok=True)
