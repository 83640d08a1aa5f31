"""Scans nodes with nmap from other nodes and tells which ports a firewall lets through."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass

from testinfra.host import Host

EVERY_PORT = range(1, 65536)
REPORT = "/tmp/nmap.xml"
# A firewall that drops says nothing, so what is slow to answer on a busy machine is asked again.
PACE = "--max-retries 2 --min-rate 3000 --max-rtt-timeout 500ms"
LET_THROUGH = ("open", "closed")


@dataclass(frozen=True)
class Scan:
    """One scan from a host; `source` is an address of the host's that is used in place of its first."""

    host: Host
    source: str = ""

    def reached(self, targets: Iterable[str], ports: Iterable[int]) -> dict[str, set[int]]:
        """Return the ports of each target that packets get through to, whether or not something listens there."""
        options = "-6" if any(":" in target for target in targets) else ""
        if self.source:
            interface = self.host.check_output("ip -oneline address show to %s", self.source).split()[1]
            options += f" -S {self.source} -e {interface}"
        command = f"nmap -n -Pn -sS {PACE} {options} -p {ranges(ports)} -oX {REPORT} {' '.join(targets)}"
        self.host.check_output(f"{command} >/dev/null && cat {REPORT}")
        return parsed(self.host.file(REPORT).content_string)


def answers_ping(host: Host, target: str) -> bool:
    """Tell whether a target answers an echo request of the host's."""
    family = "-6" if ":" in target else ""
    return "Host is up" in host.check_output(f"nmap -n -sn -PE --disable-arp-ping {family} {target}")


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
