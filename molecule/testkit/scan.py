"""Scans nodes from other nodes and tells which ports a firewall lets through."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from testinfra.host import Host

EVERY_PORT = range(1, 65536)
REPORT = "/tmp/nmap.xml"
# A firewall that drops says nothing, so what is slow to answer on a busy machine is asked again.
PACE = "--max-retries 2 --min-rate 3000 --max-rtt-timeout 500ms"
LET_THROUGH = ("open", "closed")
NMAP = "command -v nmap || apt-get install -qq --no-install-recommends nmap >/dev/null"
# What is dropped is sent again after one second, and once more after three.
CONNECT = """
import asyncio, json

async def through(target):
    try:
        _reader, writer = await asyncio.wait_for(asyncio.open_connection(*target), 4)
    except ConnectionRefusedError:
        return True
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True

async def ask():
    return await asyncio.gather(*map(through, TARGETS))

print(json.dumps(asyncio.run(ask())))
"""


@dataclass(frozen=True)
class Scan:
    """One scan from a host; `source` is an address of the host's that is used in place of its first."""

    host: Host
    source: str = ""

    def reached(self, targets: Iterable[str], ports: Iterable[int], *, how: str = "-sS") -> dict[str, set[int]]:
        """Return the ports of each target that packets get through to, whether or not something listens there.

        Of UDP (`-sU`) only a port that answers, or where nobody listens, is told from one that is filtered.
        """
        self.host.check_output(NMAP)
        options = "-6" if any(":" in target for target in targets) else ""
        if self.source:
            interface = self.host.check_output("ip -oneline address show to %s", self.source).split()[1]
            options += f" -S {self.source} -e {interface}"
        command = f"nmap -n -Pn {how} {PACE} {options} -p {ranges(ports)} -oX {REPORT} {' '.join(targets)}"
        self.host.check_output(f"{command} >/dev/null && cat {REPORT}")
        return parsed(self.host.file(REPORT).content_string)


def answers_ping(host: Host, target: str) -> bool:
    """Tell whether a target answers an echo request of the host's."""
    host.check_output(NMAP)
    family = "-6" if ":" in target else ""
    return "Host is up" in host.check_output(f"nmap -n -sn -PE --disable-arp-ping {family} {target}")


def connecting(run: Callable[[str], str], targets: Iterable[str], ports: Iterable[int]) -> dict[str, set[int]]:
    """Return what Scan.reached does, by connections alone: quick for few ports, and it takes nothing but Python.

    `run` runs a script where the connections come from.
    """
    asked = [(target, port) for target in sorted(targets) for port in sorted(ports)]
    answers = json.loads(run(f"TARGETS = {asked}\n{CONNECT}"))
    found: dict[str, set[int]] = {target: set() for target in targets}
    for (target, port), let_through in zip(asked, answers, strict=True):
        if let_through:
            found[target].add(port)
    return found


def here(script: str) -> str:
    """Run a script on the control machine."""
    return subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True, check=True).stdout


def on(host: Host) -> Callable[[str], str]:
    """Return what runs a script on a node."""
    return lambda script: host.check_output(f"python3 - <<'END'\n{script}\nEND")


def ranges(ports: Iterable[int]) -> str:
    """Return the numbers as a list such as `22,8081-8130`."""
    found: list[list[int]] = []
    for port in sorted(ports):
        if found and port == found[-1][1] + 1:
            found[-1][1] = port
        else:
            found.append([port, port])
    return ",".join(f"{first}-{last}" for first, last in found)


def parsed(report: str) -> dict[str, set[int]]:
    """Return the ports that are open or closed, and not filtered, by address."""
    found: dict[str, set[int]] = {}
    for host in ET.fromstring(report).iter("host"):
        address = next(entry.get("addr", "") for entry in host.iter("address") if entry.get("addrtype") != "mac")
        through = found.setdefault(address, set())
        for port in host.iter("port"):
            state = port.find("state")
            if state is not None and state.get("state") in LET_THROUGH:
                through.add(int(port.get("portid", 0)))
        # States that many ports have are told in ranges.
        for extra in host.iter("extraports"):
            if extra.get("state") in LET_THROUGH:
                for reason in extra.iter("extrareasons"):
                    through |= numbers(reason.get("ports", ""))
    return found


def numbers(listed: str) -> set[int]:
    """Return the numbers of a list such as `22,8081-8130`."""
    found: set[int] = set()
    for part in filter(None, listed.split(",")):
        first, _dash, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
