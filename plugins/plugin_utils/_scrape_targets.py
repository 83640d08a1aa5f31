# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Prometheus reads: one job for each kind of figures, its targets computed from topology and platform table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

PATH = "/metrics"
# An exporter that asks others takes whom to ask as a parameter of this path; Redis and Sentinel speak TLS only.
ASKING_PATH, ASKING_SCHEME = "/scrape", "rediss"
PROCESS_JOB, PROCESS_PATH = "synapse", "/_synapse/metrics"
HOST_JOB, HOST_PORT = "node", "metrics"


class ScrapeError(Exception):
    """The platform table names figures that nobody could read; the text names every problem."""


def scrape_targets(
    topology: Mapping[str, Any],
    tiers: Mapping[str, Mapping[str, Any]],
    host_ports: Mapping[str, int],
    processes: Iterable[Mapping[str, Any]],
    internal_domain: str,
) -> list[dict[str, Any]]:
    """Return the jobs in the order of the table, each target once; every target says its host.

    Raises ScrapeError naming each port that a tier does not have and each job that two tiers describe differently.
    """
    problems = [*_port_problems(tiers), *_job_problems(tiers)]
    if problems:
        raise ScrapeError(" ".join(problems))
    hosts = topology["hosts"].values()
    jobs = [_job(HOST_JOB, {}, internal_domain, [_target(host, host_ports[HOST_PORT]) for host in hosts])]
    for name, found in _rows(tiers).items():
        targets: dict[str, dict[str, Any]] = {}
        for tier, row in found:
            for member in topology["tiers"][tier]["members"]:
                target = _member_target(member, tiers[tier]["ports"], row)
                targets.setdefault(target["address"], target)
        jobs.append(_job(name, found[0][1], internal_domain, targets.values()))
    jobs.append(_job(PROCESS_JOB, {}, internal_domain, map(_process_target, processes), PROCESS_PATH))
    return [job for job in jobs if job["targets"]]


def _rows(tiers: Mapping[str, Mapping[str, Any]]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """Return, for each job, the tiers that have such figures with their rows of the table."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for tier, entry in tiers.items():
        for row in entry.get("metrics", []):
            found.setdefault(row["job"], []).append((tier, row))
    return found


def _job(
    name: str, row: Mapping[str, Any], domain: str, targets: Iterable[dict[str, Any]], path: str = PATH
) -> dict[str, Any]:
    tls = {"server_name": f"{row['server_name']}.{domain}"} if row.get("server_name") else {}
    return {
        "job": name,
        "scheme": "https" if tls else "http",
        "path": ASKING_PATH if row.get("asks") else path,
        **tls,
        "targets": sorted(targets, key=lambda target: target["labels"]["host"]),
    }


def _target(host: Mapping[str, Any], port: int) -> dict[str, Any]:
    return {
        "address": f"{_wrapped(host['address'])}:{port}",
        "labels": {"instance": host["name"], "host": host["name"]},
    }


def _member_target(member: Mapping[str, Any], ports: Mapping[str, int], row: Mapping[str, Any]) -> dict[str, Any]:
    asked = f"{ASKING_SCHEME}://{_wrapped(member['address'])}:{ports[row['asks']]}" if row.get("asks") else ""
    return {**_target(member, ports[row["port"]]), **({"asks": asked} if asked else {})}


def _process_target(process: Mapping[str, Any]) -> dict[str, Any]:
    host, name = process["host"], process["name"]
    return {
        "address": f"{_wrapped(process['address'])}:{process['metrics_port']}",
        "labels": {"instance": f"{host}/{name}", "host": host, "process": name},
    }


def _wrapped(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _port_problems(tiers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, found in _rows(tiers).items():
        for tier, row in found:
            for key in ("port", "asks"):
                if key in row and not str(tiers[tier]["ports"].get(row[key], "")).isdigit():
                    yield (
                        f"Prometheus cannot read the job '{name}' of the tier '{tier}': its {key} is '{row[key]}', and "
                        f"single ports of the tier are {', '.join(_single_ports(tiers[tier])) or 'none'}. Name one."
                    )


def _single_ports(tier: Mapping[str, Any]) -> list[str]:
    return [name for name, number in tier["ports"].items() if str(number).isdigit()]


def _job_problems(tiers: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, found in _rows(tiers).items():
        kinds = {(row.get("server_name", ""), bool(row.get("asks"))) for _tier, row in found}
        if len(kinds) > 1:
            yield (
                f"Prometheus cannot read the job '{name}' in two ways: the tiers "
                f"{', '.join(tier for tier, _row in found)} differ in server_name or asks. Give each a job of its own."
            )
