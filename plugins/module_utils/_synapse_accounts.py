# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads accounts of a chat server and carries out what is planned for them."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_users as users
from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import (
    ADMIN_API,
    Synapse,
    segment,
)

WRONG_PASSWORD, LOCKED = "M_FORBIDDEN", "M_USER_LOCKED"


def rows(server: Synapse) -> list[dict[str, Any]]:
    """Return the server's list of all accounts, those that are deactivated or locked included."""
    # Accounts that are made meanwhile come last, so that no page moves.
    return list(server.pages(f"{ADMIN_API}/v3/users", "users", "next_token", locked="true", order_by="creation_ts"))


def accounts(server: Synapse) -> users.Accounts:
    """Return all accounts by name, with what the list tells of them."""
    return {row["name"]: users.observed(row) for row in rows(server)}


def threepids(server: Synapse, user: str) -> list[dict[str, str]]:
    """Return a user's third-party ids."""
    return users.contacts(server.call("GET", f"{ADMIN_API}/v2/users/{segment(user)}")["threepids"])


def rate_limit(server: Synapse, user: str) -> dict[str, int]:
    """Return a user's own rate limit, empty where the server's holds."""
    return users.limit(server.call("GET", f"{ADMIN_API}/v1/users/{segment(user)}/override_ratelimit"))


def has_password(server: Synapse, user: str, password: str) -> bool:
    """Tell whether this is the user's password, by logging in and out again."""
    visitor = Synapse(server.client, patience=server.patience)
    try:
        visitor.log_in(user, password)
    except ApiError as exc:
        errcode = exc.body.get("errcode") if isinstance(exc.body, dict) else None
        # That somebody is locked is said only to who knows the password (synapse/rest/client/login.py).
        if errcode in (WRONG_PASSWORD, LOCKED):
            return errcode == LOCKED
        raise
    visitor.log_out()
    return True


def details(server: Synapse, user: str, entry: dict[str, Any], account: users.Account) -> users.Account:
    """Return the attributes that an entry wants and the list does not carry."""
    found: users.Account = {}
    if entry["state"] == "absent":
        return found
    if entry["threepids"] is not None:
        found["threepids"] = threepids(server, user)
    if entry["rate_limit"] is not None:
        found["rate_limit"] = rate_limit(server, user)
    asked = entry["update_password"] == users.ALWAYS and not account["deactivated"]
    if asked and has_password(server, user, entry["password"]):
        found["password"] = entry["password"]
    return found


def send(server: Synapse, user: str, patch: users.Account, *, exists: bool) -> None:
    """Carry out a patch."""
    paths = {
        "v2/users": f"{ADMIN_API}/v2/users/{segment(user)}",
        "v1/deactivate": f"{ADMIN_API}/v1/deactivate/{segment(user)}",
        "override": f"{ADMIN_API}/v1/users/{segment(user)}/override_ratelimit",
    }
    for method, resource, body in users.requests(patch, exists=exists):
        server.call(method, paths[resource], body)
