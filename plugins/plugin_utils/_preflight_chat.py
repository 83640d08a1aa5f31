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
# Hosts of one chat domain judge what another of them has signed or made.
SHARED_SECRETS = ("signing_key", "macaroon_secret_key", "form_secret", "worker_replication_secret")


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
    moved = [] if places else list(_move_problems(made, hosts))
    return made, [*moved, *_secret_problems(names, hosts)]


def _move_problems(made: Table, hosts: Mapping[str, Table]) -> Iterator[str]:
    """Yield for main and for media that they would run elsewhere than they do."""
    homes = {process["name"]: process["host"] for process in made["processes"] if process["name"] in ("main", "media1")}
    for host in sorted(hosts):
        local = (hosts[host].get("ansible_facts") or {}).get("ansible_local") or {}
        note = local.get("privatechat_chat")
        running = note.get("processes", []) if isinstance(note, Mapping) else []
        for name, home in homes.items():
            if name in running and home != host:
                yield (
                    f"The chat server's process '{name}' runs on host '{host}' and would move to '{home}', which comes "
                    f"first by name; files that people have sent would stay behind. Set platform_chat_places to "
                    f"['{host}'] to leave it there, or to ['{home}'] once /var/lib/matrix-synapse/media is there."
                )


def _secret_problems(names: list[str], hosts: Mapping[str, Table]) -> Iterator[str]:
    for secret in SHARED_SECRETS:
        variable = f"platform_secret_synapse_{secret}"
        prints = {name: _fingerprint(hosts[name].get(variable)) for name in sorted(names)}
        if len(set(prints.values())) > 1:
            found = ", ".join(f"{print_ or 'none'} on {name}" for name, print_ in prints.items())
            yield (
                f"{variable} is not the same on all chat hosts; its fingerprints are {found}. Hosts of one chat domain "
                "must hold the same: remove it from host_vars and from groups below 'all'."
            )


def _fingerprint(secret: Any) -> str:
    return hashlib.sha256(str(secret).strip().encode()).hexdigest()[:16] if secret else ""
