# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that would keep the platform from running on these hosts, found before anything changes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils import (
    _firewall_problems,
    _flows,
    _postgresql,
    _preflight_certificate,
    _preflight_chat,
    _secrets,
    _topology,
    _twins,
)

SUPPORTED = {"Debian": ("12", "13")}
CLOCK_SECONDS = 30
DATA_PATH = "/var/lib"
# What systems, certificates and configuration formats all accept as a host's name.
_INVENTORY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*$")
# The Matrix specification's grammar of user names.
_USER_NAME = re.compile(r"[a-z0-9._=/+-]+$")

Table = Mapping[str, Any]


def problems(groups: Mapping[str, list[str]], hosts: Mapping[str, Table], platform: Table) -> list[str]:
    """Return what is wrong with inventory, control machine and hosts, in this order; empty when all is well.

    `hosts` holds the variables of each host with `ansible_facts` and `platform_machine`, the answer of machine_info.
    `platform` holds `tiers`, `flows`, `settings`, `host` with the `ports` and `units` of every host, the hosts that
    were `asked` and the times `began` and `ended` of that, `secrets_file`, the names `lost_secrets` of those that could
    be made and not be kept, the texts `certificate` and `key` of the operator's own certificate (None for no file), and
    the operator's own limit of connections to the database, `max_connections` (0 for none). `shared_secrets` names the
    secrets that all chat hosts must hold alike.
    """
    tiers, settings = platform["tiers"], platform["settings"]
    found = _topology.inventory_problems(groups, hosts, tiers, platform["flows"], settings)
    plan, chat_problems = _preflight_chat.plan(groups, hosts, platform)
    found += [*_name_problems(groups, tiers, settings), *_control_problems(platform), *chat_problems]
    found += _postgresql.connection_problems(plan["connections"], int(platform.get("max_connections") or 0))
    used = sorted({name for tier in tiers for name in groups.get(tier, [])})
    found += _twins.twin_problems(used, hosts)
    found += _firewall_problems.problems([name for name in used if name in platform["asked"]], hosts, settings)
    for name in used:
        if name not in platform["asked"]:
            continue
        own = {tier: tiers[tier] for tier in tiers if name in groups.get(tier, [])}
        found += _host_problems(name, hosts[name], own, {**platform, "plan": plan})
    return [*found, *_release_problems(groups, hosts, tiers)]


def _name_problems(groups: Mapping[str, list[str]], tiers: Table, settings: Table) -> Iterator[str]:
    for name in sorted({name for tier in tiers for name in groups.get(tier, [])}):
        if not _INVENTORY_NAME.match(name):
            yield f"The inventory names a host '{name}'. Use letters, digits, dots, hyphens and underscores only."
    domain = str(settings["platform_internal_domain"])
    if not _topology.is_host_name(domain):
        yield f"platform_internal_domain is '{domain}', which is no domain. Set it to a name such as chat.internal."
    for setting in ("platform_admin_user", "platform_monitoring_user"):
        user = str(settings[setting])
        if not _USER_NAME.match(user):
            yield f"{setting} is '{user}'. Use lower-case letters, digits and the characters . _ = - / + only."


def _control_problems(platform: Table) -> Iterator[str]:
    settings, secrets_file = platform["settings"], platform["secrets_file"]
    if not _preflight_certificate.HAS_CRYPTOGRAPHY:
        yield (
            "The Python of ansible-playbook on the control machine has no library cryptography, which makes keys and "
            "certificates. Install it there with pip install cryptography."
        )
        return
    trap = _secrets.trap_beside(secrets_file) if secrets_file else ""
    if trap:
        yield trap
    if platform.get("lost_secrets"):
        yield _secrets.lost(platform["lost_secrets"])
    if settings["platform_certificate_source"] != "provided":
        return
    missing = False
    for name, text in (("certificate", platform["certificate"]), ("key", platform["key"])):
        option = f"platform_public_{name}_file"
        if not text:
            missing = True
            found = f"is '{settings[option]}', and no such file can be read" if settings[option] else "is not set"
            yield (
                f"platform_certificate_source is 'provided', but {option} {found} on the control machine. "
                f"Set it to the path of the {name}."
            )
    if not missing:
        now = datetime.fromtimestamp(platform["ended"], UTC)
        yield from _preflight_certificate.certificate_problems(
            platform["certificate"], platform["key"], settings["platform_public_name"], now
        )


def _host_problems(name: str, host: Table, tiers: Table, platform: Table) -> Iterator[str]:
    address = _topology.address_of(name, host)
    if not _topology.is_address(address):
        return  # The inventory's problem has been named; the host could not be asked.
    facts, machine = host.get("ansible_facts") or {}, host.get("platform_machine") or {}
    if "memory_mb" not in machine or "distribution" not in facts:
        said = str(machine.get("msg") or "no answer").strip()
        yield (
            f"Host '{name}' cannot be examined over SSH at {address}: {said} "
            f"Make it reachable for '{host.get('ansible_user') or 'your user'}' with a key and root rights by sudo."
        )
        return
    yield from _system_problems(name, facts)
    yield from _capacity_problems(name, machine, facts, tiers, platform)
    yield from _clock_problems(name, machine, platform)
    yield from _port_problems(name, machine, tiers, platform.get("host") or {})
    yield from _domain_problems(name, facts, platform["settings"])


def _system_problems(name: str, facts: Table) -> Iterator[str]:
    system, version = facts["distribution"], facts.get("distribution_major_version", "")
    if version not in SUPPORTED.get(system, ()):
        known = ", ".join(f"{system} {' and '.join(versions)}" for system, versions in SUPPORTED.items())
        yield f"Host '{name}' runs {system} {version}, which is not supported. Install one of: {known}."


def _capacity_problems(name: str, machine: Table, facts: Table, tiers: Table, platform: Table) -> Iterator[str]:
    plan, users = platform["plan"], str(platform["settings"]["platform_users"])
    needs = [rules["needs"] for rules in tiers.values() if "needs" in rules]
    thousands = int(users) / 1000 if users.isdigit() else 0
    shares = (need.get("memory_mb", 0) + need.get("memory_mb_per_1000_users", 0) * thousands for need in needs)
    memory = math.ceil(sum(shares)) + plan["memory_mb"].get(name, 0)
    if machine["memory_mb"] < memory:
        yield (
            f"Host '{name}' has {machine['memory_mb']} MiB of memory; {', '.join(tiers)} for {users} users need "
            f"{memory} MiB. Add memory, move a group to another host, or lower platform_users."
        )
    # Tiers share cores, they don't add up: the hungriest one decides.
    cores = max([plan["cores"].get(name, 0), *(need.get("cores", 0) for need in needs)])
    if machine["cores"] < cores:
        yield f"Host '{name}' has {machine['cores']} cores; {users} users of {', '.join(tiers)} need {cores}: add some."
    disk = sum(need["disk_gb"] for need in needs)
    # On a running platform the tiers themselves have used what was free.
    kind, word = ("total_gb", "in all") if _deployed(facts) else ("free_gb", "free")
    space = machine["disks"][DATA_PATH][kind]
    if space < disk:
        yield (
            f"Host '{name}' has {space} GiB {word} on the file system of {DATA_PATH}; {', '.join(tiers)} need {disk} "
            "GiB. Enlarge it or move a group to another host."
        )


def _clock_problems(name: str, machine: Table, platform: Table) -> Iterator[str]:
    early, late = platform["began"] - machine["epoch"], machine["epoch"] - platform["ended"]
    off = max(early, late)
    if off > CLOCK_SECONDS:
        way = "behind" if early > late else "ahead of"
        yield (
            f"The clock of host '{name}' is {off:.0f} seconds {way} the control machine's, at most {CLOCK_SECONDS} "
            "are tolerated. Set both clocks."
        )


def _port_problems(name: str, machine: Table, tiers: Table, host: Table) -> Iterator[str]:
    for tier, rules in tiers.items():
        yield from _taken(name, machine, rules, f"the tier '{tier}'", f", or move the group '{tier}' to another host")
    yield from _taken(name, machine, host, "every host", "")


def _taken(name: str, machine: Table, rules: Table, who: str, way_out: str) -> Iterator[str]:
    named = {**rules.get("ports", {}), **rules.get("listeners", {})}
    purposes = {number: port for port, entry in named.items() for number in _flows.port_range(entry)}
    seen = set()
    for socket in machine["listening"]:
        port, holder = socket["port"], (socket["port"], socket["unit"], socket["process"])
        own = any(fnmatchcase(socket["unit"], pattern) for pattern in rules.get("units", []))
        if port in purposes and not own and holder not in seen:
            seen.add(holder)
            by = f"'{socket['process'] or 'unknown'}' (process {socket['pid']}, {socket['unit'] or 'no unit'})"
            yield (
                f"Port {port} of host '{name}', which {who} needs for {purposes[port]}, is taken by {by}. Stop it"
                f"{way_out}."
            )


def _domain_problems(name: str, facts: Table, settings: Table) -> Iterator[str]:
    present, wanted = _deployed(facts).get("chat_domain"), settings["platform_chat_domain"]
    if present and wanted and present != wanted:
        yield (
            f"platform_chat_domain is '{wanted}', but host '{name}' serves the chat domain '{present}', which is "
            f"part of every account and room and can never change. Set it back to '{present}', or use other hosts."
        )


def _release_problems(groups: Mapping[str, list[str]], hosts: Mapping[str, Table], tiers: Table) -> Iterator[str]:
    for tier, rules in tiers.items():
        releases: dict[str, list[str]] = {}
        for name in sorted(groups.get(tier, [])):
            facts = hosts[name].get("ansible_facts") or {}
            if "distribution" in facts:
                system = f"{facts['distribution']} {facts.get('distribution_major_version', '')}"
                releases.setdefault(system, []).append(name)
        if rules.get("same_release") and len(releases) > 1:
            found = "; ".join(f"{system} on {', '.join(names)}" for system, names in sorted(releases.items()))
            yield (
                f"The members of tier '{tier}' run different releases: {found}. Members replicate only within one "
                "release. Bring all of them to the same one."
            )


def _deployed(facts: Table) -> Table:
    found = (facts.get("ansible_local") or {}).get("privatechat_chat") or {}
    return found if isinstance(found, Mapping) else {}
