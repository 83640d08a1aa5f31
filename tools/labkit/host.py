"""Prepares the controlling machine: packages, a mount namespace, podman's settings, a cache for Debian packages."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .shell import LabError, run, say, succeeds

STATE = Path("/var/lib/privatechat-lab")
# An address of the host itself that every lab network reaches and no other machine routes to.
CACHE_ADDRESS = "10.91.0.1"
CACHE_PORT = 3148
CACHE_URL = f"http://{CACHE_ADDRESS}:{CACHE_PORT}"
# What is needed beside podman when recommended packages are left out.
PACKAGES = {
    "podman": "podman",
    "netavark": "/usr/lib/podman/netavark",
    "aardvark-dns": "/usr/lib/podman/aardvark-dns",
    "crun": "crun",
    # Debian 12's netavark speaks iptables, Debian 13's nftables.
    "iptables": "iptables",
    "nftables": "nft",
    "iproute2": "ip",
    "procps": "sysctl",
    "mmdebstrap": "mmdebstrap",
    "openssh-client": "ssh-keygen",
    "apt-cacher-ng": "/usr/sbin/apt-cacher-ng",
    "ca-certificates": "update-ca-certificates",
}


def prepare(checkout: Path) -> None:
    """Make this machine able to run test nodes; quick when it is."""
    if os.geteuid() != 0:
        raise LabError("test nodes need root (containers with an init, networks, mounts). Run this as root.")
    install(PACKAGES)
    STATE.mkdir(mode=0o700, exist_ok=True)
    _write_settings()
    _keep_namespace()
    _serve_packages(checkout)


def install(packages: dict[str, str]) -> None:
    """Install those packages whose program is not there."""
    missing = sorted(name for name, program in packages.items() if not shutil.which(program))
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise LabError(f"this machine lacks {', '.join(missing)} and has no apt-get. Test nodes need a Debian host.")
    say(f"Installing {', '.join(missing)}")
    with _services_held_back():
        command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
        options = ["-o", "DPkg::Lock::Timeout=300", "--no-install-recommends", "install", *missing]
        if not succeeds([*command, *options]):
            run([*command, "update"])
            run([*command, *options])
    if "apt-cacher-ng" in missing and shutil.which("systemctl"):
        # The lab runs its own, for its own network only.
        run(["systemctl", "disable", "--quiet", "apt-cacher-ng"], check=False)


@contextmanager
def _services_held_back() -> Iterator[None]:
    """Keep new packages from starting their services on this machine."""
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            policy.unlink()


@contextmanager
def locked() -> Iterator[None]:
    """Let one run at a time change nodes and networks; a second one waits."""
    STATE.mkdir(mode=0o700, exist_ok=True)
    with (STATE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write_settings() -> None:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # podman lowers its own limit of processes to the kernel's pid_max and cannot raise it again.
    processes = min(resource.getrlimit(resource.RLIMIT_NPROC)[1], int(Path("/proc/sys/kernel/pid_max").read_text()))
    # A host that may not raise limits can only pass on what it has.
    limits = [f"nofile={files}:{files}"] if files > 0 else []
    limits += [f"nproc={processes}:{processes}"] if processes > 0 else []
    settings = f"""\
[containers]
pids_limit = 0
default_ulimits = [{", ".join(f'"{limit}"' for limit in limits)}]
log_driver = "k8s-file"

[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"

[network]
network_backend = "netavark"
network_config_dir = "{STATE}/networks"
"""
    (STATE / "containers.conf").write_text(settings)
    storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{STATE}/storage"\nrunroot = "{STATE}/run"\n'
    (STATE / "storage.conf").write_text(storage)


def namespace_pid() -> int | None:
    """Return the process that holds the lab's mount namespace, if it lives."""
    try:
        pid = int((STATE / "namespace.pid").read_text())
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (OSError, ValueError):
        return None
    return pid if str(STATE) in " ".join(words) or "infinity" in words else None


def _keep_namespace() -> None:
    """Hold a mount namespace in which control groups are version 2 and podman's volatile state dies with the nodes."""
    if namespace_pid():
        return
    _end_leftovers()
    script = f"""\
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 1
for d in {STATE}/run /run/netns /run/containers /run/crun; do mkdir -p $d && mount -t tmpfs tmpfs $d || exit 1; done
echo $$ > {STATE}/namespace.pid
exec sleep infinity
"""
    (STATE / "namespace.pid").unlink(missing_ok=True)
    keeper = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(100):
        if namespace_pid():
            return
        if keeper.poll() is not None:
            break
        time.sleep(0.1)
    said = keeper.stderr.read().decode() if keeper.stderr and keeper.poll() is not None else "no answer"
    raise LabError(f"no mount namespace with control groups version 2 can be made here: {said.strip()}")


def _end_leftovers() -> None:
    """End what outlived an earlier namespace: the nodes' monitors with their nodes, and the networks' bridges."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_text().split("\0")
            if str(STATE) not in " ".join(words) or not words[0].endswith(("conmon", "aardvark-dns")):
                continue
            children = (entry / "task" / entry.name / "children").read_text().split()
        except OSError:
            continue
        for pid in [*children, entry.name]:
            end_process(int(pid))


def end_process(pid: int, number: int = signal.SIGKILL) -> None:
    """Send the signal; a process that is gone already is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def podman(*words: str) -> list[str]:
    """Return the command that runs podman inside the lab's namespace."""
    return [
        "nsenter",
        f"--mount=/proc/{namespace_pid()}/ns/mnt",
        "env",
        f"CONTAINERS_CONF={STATE}/containers.conf",
        f"CONTAINERS_STORAGE_CONF={STATE}/storage.conf",
        "podman",
        f"--tmpdir={STATE}/run/libpod",
        *words,
    ]


def free_subnet(gateway: str) -> None:
    """Remove a bridge that holds the lab's gateway address and belongs to no network that podman knows."""
    for line in run(["ip", "-o", "-4", "address"]).splitlines():
        words = line.split()
        if words[3].split("/")[0] == gateway and words[1].startswith("podman"):
            run(["ip", "link", "delete", words[1]])


def _serve_packages(checkout: Path) -> None:
    """Run a cache for Debian packages, so that many nodes download a package once."""
    cache = (checkout / ".cache/apt").resolve()
    settings = STATE / "apt-cacher-ng"
    settings.mkdir(exist_ok=True)
    lines = [f"CacheDir: {cache}", f"LogDir: {STATE}/log", f"BindAddress: {CACHE_ADDRESS}", f"Port: {CACHE_PORT}"]
    lines += [f"SocketPath: {STATE}/apt-cacher-ng.socket", "ForeGround: 1", "VerboseLog: 0", "ExThreshold: 30"]
    wanted = "\n".join(lines) + "\n"
    known = settings / "acng.conf"
    command = ["/usr/sbin/apt-cacher-ng", "-c", str(settings)]
    record = STATE / "apt-cacher-ng.pid"
    if record.exists():
        pid = int(record.read_text())
        running = Path(f"/proc/{pid}/cmdline")
        words = running.read_text().rstrip("\0").split("\0") if running.exists() else []
        if words == command and known.read_text() == wanted and cache.is_dir():
            return
        if "apt-cacher-ng" in "".join(words[:1]):
            end_process(pid, signal.SIGTERM)
    if not succeeds(["sh", "-c", f"ip -4 -o address show dev lo | grep -qw {CACHE_ADDRESS}"]):
        run(["ip", "address", "add", f"{CACHE_ADDRESS}/32", "dev", "lo"])
    for directory in (cache, STATE / "log"):
        directory.mkdir(parents=True, exist_ok=True)
    known.write_text(wanted)
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    record.write_text(str(server.pid))
    for _ in range(100):
        with suppress(OSError), socket.create_connection((CACHE_ADDRESS, CACHE_PORT), timeout=1):
            return
        time.sleep(0.1)
    raise LabError(f"apt-cacher-ng does not answer at {CACHE_URL}; run `{' '.join(command)}` to see what it says.")


def clean() -> None:
    """Remove all that this tool has made outside the checkout."""
    if namespace_pid():
        say("Removing test nodes, networks and images")
        run(podman("rm", "--all", "--force", "--time", "0"), check=False)
        run(podman("network", "prune", "--force"), check=False)
        end_process(namespace_pid() or 0)
    _end_leftovers()
    if (STATE / "apt-cacher-ng.pid").exists():
        pid = int((STATE / "apt-cacher-ng.pid").read_text())
        if "apt-cacher-ng" in _command_of(pid):
            end_process(pid, signal.SIGTERM)
    run(["ip", "address", "del", f"{CACHE_ADDRESS}/32", "dev", "lo"], check=False)
    shutil.rmtree(STATE, ignore_errors=True)


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def inside(words: Sequence[str]) -> list[str]:
    """Return the command that runs inside the lab's namespace."""
    return ["nsenter", f"--mount=/proc/{namespace_pid()}/ns/mnt", *words]
