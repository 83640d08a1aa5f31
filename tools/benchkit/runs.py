"""Makes nodes that are nobody else's and takes the time of playbooks on them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit import copies

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / ".bench"
BIN = CHECKOUT / ".venv/bin"
# A row of verify's table; it is printed once all its rows are known.
DELIVERED = re.compile(r"\bok\s+\S+\s+message delivered\b")


class BenchError(Exception):
    """A figure cannot be taken; the message says which, why, and what to do."""


@dataclass(frozen=True)
class Run:
    """How long a playbook took and what it counted."""

    seconds: float
    # Until verify's table told that a message has been delivered, 0 when it never did.
    delivered_seconds: float
    host_tasks: int
    changed: int


def counted(output: str) -> tuple[int, int]:
    """Return host-tasks and changes of all hosts from Ansible's recap.

    A host-task is one task on one host that said ok or changed; a loop counts once, a skipped task not at all.
    """
    recap = re.findall(r"^\S+\s+: ok=(\d+)\s+changed=(\d+)", output, re.MULTILINE)
    return sum(int(ok) for ok, _ in recap), sum(int(changed) for _, changed in recap)


def environment(**extra: str) -> dict[str, str]:
    """Return what playbooks of the checkout need, however the bench was started."""
    return {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(CHECKOUT / ".cache"),
        "ANSIBLE_HOME": str(CHECKOUT / ".cache/ansible"),
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".cache/collections"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


@dataclass(frozen=True)
class Nodes:
    """The nodes of one copied inventory."""

    inventory: Path

    @classmethod
    def of(cls, name: str, source: Path, number: int) -> Nodes:
        """Copy the inventory; nodes of an earlier run go."""
        nodes = cls(STATE / "inventories" / name)
        if (nodes.inventory / "hosts.yml").is_file():
            nodes.down()
        copies.copy(source, nodes.inventory, network=f"privatechat-bench-{name}", number=number)
        return nodes

    def lab(self, *words: str) -> str:
        """Run tools/lab on the inventory and return what it printed."""
        command = [str(BIN / "python"), str(CHECKOUT / "tools/lab"), words[0], "-i", str(self.inventory), *words[1:]]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"tools/lab {words[0]} has failed on {self.inventory}: {done.stderr.strip()}")
        return done.stdout

    def up(self) -> None:
        """Make the nodes."""
        self.lab("up")

    def down(self) -> None:
        """Remove the nodes with the secrets of what ran on them."""
        self.lab("down")
        (self.inventory / "group_vars/all/secrets.yml").unlink(missing_ok=True)

    def listed(self) -> dict[str, Any]:
        """Return what Ansible knows of the inventory."""
        command = [str(BIN / "ansible-inventory"), "-i", str(self.inventory), "--list"]
        done = subprocess.run(command, capture_output=True, check=True, cwd=CHECKOUT, env=environment())
        data: dict[str, Any] = json.loads(done.stdout)
        return data

    def ask(self, node: str, program: Path, call: dict[str, Any], *, interpreter: str = "python3") -> Any:
        """Run a program's `main` on the node with what it is called with, and return what that returns.

        Program and call go over standard input, since the call may hold secrets.
        """
        command = [str(BIN / "python"), str(CHECKOUT / "tools/lab"), "ssh", "-i", str(self.inventory), node]
        text = f"{program.read_text()}\nimport json\nprint(json.dumps(main({call!r})))\n"
        done = subprocess.run([*command, f"{interpreter} -"], input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"{program.name} has failed on {node}: {done.stderr.strip()[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def play(self, label: str, *words: str | Path, **extra: str) -> Run:
        """Run a playbook to its end and return its times; what it printed is in `.bench/logs/<label>.log`."""
        return timed(label, ["ansible-playbook", "-i", str(self.inventory), *map(str, words)], environment(**extra))


def timed(label: str, command: list[str], variables: dict[str, str]) -> Run:
    """Run Ansible to its end and take the times; raise when it fails."""
    log = STATE / "logs" / f"{label}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    lines, delivered = [], 0.0
    started = time.monotonic()
    with log.open("w", buffering=1) as output:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            lines.append(line)
            output.write(line)
            if not delivered and DELIVERED.search(line):
                delivered = time.monotonic() - started
    if process.wait():
        said = "".join(lines[-30:])
        raise BenchError(f"`{shlex.join(command)}` has failed; all it said is in {log}. Its last lines:\n{said}")
    host_tasks, changed = counted("".join(lines))
    return Run(time.monotonic() - started, delivered, host_tasks, changed)


def say(words: str) -> None:
    """Print one line of progress at once."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)
