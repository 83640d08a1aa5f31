# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the chat tier needs of its hosts, and what would harm a chat server that is already there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.plugin_utils import _chat_plan, _topology

Table = Mapping[str, Any]

NOTHING: dict[str, Any] = {"processes": [], "connections": 0, "memory_mb": {}, "cores": {}}
MEDIA = "/var/lib/matrix-synapse/media"


def plan(
    groups: Mapping[str, list[str]], hosts: Mapping[str, Table], platform: Table
) -> tuple[dict[str, Any], list[str]]:
    """Return the plan of the chat tier, an empty one where there can be none, and what is wrong with it."""
    settings, names = platform["settings"], groups.get("chat", [])
    users = str(settings["platform_users"])
    addresses = {name: _topology.address_of(name, hosts[name]) for name in names}
    if not names or "chat" not in platform["tiers"] or not users.isdigit() or int(users) < 1:
        return NOTHING, []
    members = [{"name": name, "address": address} for name, address in addresses.items()]
    places, federation = settings.get("platform_chat_places", []), settings.get("platform_federation", True)
    try:
        made = _chat_plan.build(members, int(users), platform["tiers"]["chat"]["ports"], places, federation=federation)
    except _chat_plan.ChatPlanError as exc:
        return NOTHING, [f"Cannot plan the chat server: {exc}"]
    moved = [] if places else list(_move_problems(made, names, hosts))
    return made, [*moved, *_secret_problems(names, hosts, platform)]


def _move_problems(made: Table, names: list[str], hosts: Mapping[str, Table]) -> Iterator[str]:
    """Yield for main and for media that they would run elsewhere than any chat host has noted."""
    noted = {name: _homes(hosts[name]) for name in hosts}
    # Who has left the group is asked only where nobody of it knows: its note is as old as its leaving.
    notes = [noted[name] for name in names if noted[name]] or list(noted.values())
    homes = {process["name"]: process["host"] for process in made["processes"] if process["name"] in ("main", "media1")}
    for name, home in homes.items():
        for former in sorted({note[name] for note in notes if note.get(name, home) != home}):
            yield (
                f"The chat server's process '{name}' runs on host '{former}' and would move to '{home}'; files that "
                f"people have sent would stay behind. {_way_out(former, home, former in names)}"
            )


def _way_out(former: str, home: str, present: bool) -> str:
    if present:
        return f"Set platform_chat_places to ['{former}'] to leave it there, or to ['{home}'] once {MEDIA} is there."
    return (
        f"Host '{former}' is not in the group 'chat': put it back, or, once nothing of the chat server runs there, set "
        f"platform_chat_places to ['{home}'] and bring {MEDIA} or give it up."
    )


def _homes(host: Table) -> Mapping[str, str]:
    """Return where the chat server's processes ran in the host's last run, by the note that the run left."""
    note = ((host.get("ansible_facts") or {}).get("ansible_local") or {}).get("privatechat_chat")
    return (note.get("homes") or {}) if isinstance(note, Mapping) else {}


def _secret_problems(names: list[str], hosts: Mapping[str, Table], platform: Table) -> Iterator[str]:
    for variable in platform["shared_secrets"]:
        # What a run reads from elsewhere is given to its own hosts only.
        known = [name for name in sorted(names) if name in platform["asked"] or hosts[name].get(variable)]
        prints = {name: _fingerprint(hosts[name].get(variable)) for name in known}
        if len(set(prints.values())) > 1:
            found = ", ".join(f"{print_ or 'none'} on {name}" for name, print_ in prints.items())
            yield (
                f"{variable} is not the same on all chat hosts; its fingerprints are {found}. Hosts of one chat domain "
                "must hold the same: remove it from host_vars and from groups below 'all'."
            )


def _fingerprint(secret: Any) -> str:
    return hashlib.sha256(str(secret).strip().encode()).hexdigest()[:16] if secret else ""
