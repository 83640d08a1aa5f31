# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done so that accounts are as they are wanted: pure, nothing is asked or sent here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

# An account as one flat mapping: what the server's list carries, and below DETAILS what has to be asked for singly.
Account = dict[str, Any]
Accounts = dict[str, Account]
# The attributes of an account that differ, with the values that they shall have.
Patches = dict[str, Account]

LISTED = {"admin": "admin", "locked": "locked", "display_name": "displayname", "avatar_url": "avatar_url"}
DETAILS = ("threepids", "rate_limit")
UNKNOWN: Account = {
    "admin": False,
    "locked": False,
    "deactivated": False,
    "erased": False,
    "display_name": "",
    "avatar_url": "",
    "threepids": [],
    "rate_limit": {},
}
# Matrix specification, appendices, "User identifiers".
LOCALPART = re.compile(r"[a-z0-9._=/+-]+")
MOST_NAMES = 10
ALWAYS = "always"


def full_name(name: str, server_name: str) -> str:
    """Return the full name of an account of this server, which may be given by its first part alone."""
    return name if name.startswith("@") else f"@{name}:{server_name}"


def local_part(user: str) -> str:
    """Return what comes before the colon."""
    return user[1:].partition(":")[0]


def guarded(user: str, guard: Iterable[str]) -> bool:
    """Tell whether a name, or a pattern of shell style, protects the account."""
    return any(fnmatchcase(user if pattern.startswith("@") else local_part(user), pattern) for pattern in guard)


def observed(row: dict[str, Any]) -> Account:
    """Return an account as the server's list describes it."""
    listed = {ours: row.get(theirs) for ours, theirs in LISTED.items()}
    flags = {name: bool(row.get(name)) for name in ("deactivated", "erased", "is_guest")}
    texts = {name: listed[name] or "" for name in ("display_name", "avatar_url")}
    return {**flags, **texts, "admin": bool(listed["admin"]), "locked": bool(listed["locked"])}


def kept(medium: str, address: str) -> str:
    """Return an address as the server keeps it (Synapse, util/threepids.py, canonicalise_email)."""
    return address.strip().casefold() if medium == "email" else address


def contacts(threepids: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Return third-party ids in order, with nothing but what identifies them."""
    found = {(str(entry["medium"]), kept(entry["medium"], str(entry["address"]))) for entry in threepids}
    return [{"medium": medium, "address": address} for medium, address in sorted(found)]


def limit(told: dict[str, Any] | None) -> dict[str, int]:
    """Return a rate limit with both numbers, or nothing where the server's own holds."""
    given = {name: number for name, number in (told or {}).items() if number is not None}
    return {name: int(given.get(name, 0)) for name in ("messages_per_second", "burst_count")} if given else {}


def wished(entry: dict[str, Any]) -> Account:
    """Return the attributes that an entry of the module's option names."""
    if entry["state"] == "absent":
        return {"deactivated": True, **({"erased": True} if entry["erase"] else {})}
    wanted: Account = {"deactivated": False}
    wanted |= {name: entry[name] for name in LISTED if entry[name] is not None}
    if entry["display_name"] is not None:
        # As the server keeps it (synapse/handlers/profile.py, set_displayname).
        wanted["display_name"] = entry["display_name"].strip()
    if entry["threepids"] is not None:
        wanted["threepids"] = contacts(entry["threepids"])
    if entry["rate_limit"] is not None:
        wanted["rate_limit"] = limit(entry["rate_limit"])
    return wanted


def patch_of(account: Account | None, entry: dict[str, Any]) -> Account:
    """Return what differs between an account, None where there is none, and an entry of the module's option."""
    wanted, password = wished(entry), entry["password"]
    if account is None:
        # The name of an account that shall not be is not taken by one that nobody can use.
        return {} if entry["state"] == "absent" else {**wanted, **({"password": password} if password else {})}
    if entry["state"] == "present" and account["deactivated"] and account["erased"]:
        wanted["erased"] = False
    patch = {name: value for name, value in wanted.items() if account.get(name, UNKNOWN[name]) != value}
    if entry["state"] == "present" and password:
        # Who was deactivated has no password any more.
        due = account["deactivated"] or entry["update_password"] == ALWAYS
        if due and account.get("password") != password:
            patch["password"] = password
    return patch


def superfluous(current: Accounts, named: Iterable[str], guard: Iterable[str]) -> list[str]:
    """Return the accounts that a purge removes: in use, not named, not guarded, no administrators, no guests."""
    kept, patterns = set(named), list(guard)
    return sorted(
        user
        for user, account in current.items()
        if user not in kept
        and not (account["deactivated"] or account["admin"] or account["is_guest"])
        and not guarded(user, patterns)
    )


def plan(current: Accounts, wanted: dict[str, dict[str, Any]], removed: Iterable[str], *, erase: bool) -> Patches:
    """Return the smallest patch of each account that differs, in order of names; empty when nothing is to be done."""
    patches = {user: patch_of(current.get(user), entry) for user, entry in wanted.items()}
    gone: Account = {"deactivated": True, **({"erased": True} if erase else {})}
    patches |= {user: dict(gone) for user in removed}
    return {user: patches[user] for user in sorted(patches) if patches[user]}


def merge(current: Accounts, patches: Patches) -> Accounts:
    """Return the accounts after the patches have been applied."""
    fresh = {**UNKNOWN, "is_guest": False}
    return {**current, **{user: {**current.get(user, fresh), **patch} for user, patch in patches.items()}}


def requests(patch: Account, *, exists: bool) -> list[tuple[str, str, Any]]:
    """Return method, resource and body of the requests that carry out a patch, in their order."""
    if patch.get("deactivated") or patch.get("erased"):
        return [("POST", "v1/deactivate", {"erase": patch.get("erased", False)})]
    names = {**LISTED, "threepids": "threepids", "password": "password", "deactivated": "deactivated"}
    body = {names[name]: value for name, value in patch.items() if name in names}
    sent: list[tuple[str, str, Any]] = []
    if not exists:
        # Only an account that is there can be locked (synapse/rest/admin/users.py, UserRestServletV2.on_PUT), and one
        # that is made without a display name is called by its name (synapse/handlers/register.py, register_user).
        told = {name: value for name, value in body.items() if name == "displayname" or value not in (False, "", [])}
        sent.append(("PUT", "v2/users", {name: value for name, value in told.items() if name != "locked"}))
        body = {"locked": True} if patch.get("locked") else {}
    elif patch.get("deactivated") is False and set(body) - {"deactivated", "password"}:
        # The profile of an account can only be written once it is in use again.
        sent.append(("PUT", "v2/users", {name: body.pop(name) for name in ("deactivated", "password") if name in body}))
    sent += [("PUT", "v2/users", body)] if body else []
    if exists or patch.get("rate_limit"):
        sent += rate_limit_requests(patch)
    return sent


def rate_limit_requests(patch: Account) -> list[tuple[str, str, Any]]:
    """Return the request that sets or lifts an account's own rate limit, if that differs."""
    if "rate_limit" not in patch:
        return []
    return [("POST", "override", patch["rate_limit"]) if patch["rate_limit"] else ("DELETE", "override", None)]


def problems(entries: list[dict[str, Any]], server_name: str, guard: list[str], actor: str) -> list[str]:
    """Return everything that is wrong with what is wanted, in sentences; nothing is asked for it."""
    found: list[str] = []
    names = [full_name(entry["name"], server_name) for entry in entries]
    found += [f"'{user}' is given {n} times; give it once." for user, n in sorted(Counter(names).items()) if n > 1]
    for user, entry in zip(names, entries, strict=True):
        found += [f"'{entry['name']}' {words}" for words in flaws(user, entry, server_name, guard, actor)]
    addresses = Counter(
        (contact["medium"], contact["address"]) for entry in entries for contact in contacts(entry["threepids"] or [])
    )
    shared = sorted(address for (_medium, address), n in addresses.items() if n > 1)
    return [*found, *(f"'{address}' belongs to two users; leave it with one." for address in shared)]


def flaws(user: str, entry: dict[str, Any], server_name: str, guard: list[str], actor: str) -> list[str]:
    """Return what is wrong with one entry, as ends of sentences that begin with its name."""
    found = []
    if user.partition(":")[2] != server_name:
        found.append(f"is no user of {server_name}; only that server's own can be managed.")
    elif not LOCALPART.fullmatch(local_part(user)):
        found.append("is no user name: it has small letters, digits and . _ = - / + only.")
    if entry["avatar_url"] and not entry["avatar_url"].startswith("mxc://"):
        found.append(f"has the avatar '{entry['avatar_url']}'; it must be the mxc:// address of an uploaded file.")
    mail = [contact["address"] for contact in entry["threepids"] or [] if contact["medium"] == "email"]
    found += [f"has the address '{address}'; it must be name@domain." for address in mail if address.count("@") != 1]
    if entry["erase"] and entry["state"] != "absent":
        found.append("is present and to be erased; say state: absent to have it erased.")
    if entry["update_password"] == ALWAYS and not entry["password"]:
        found.append("has update_password: always and no password; give one.")
    if entry["state"] == "absent" and (user == actor or guarded(user, guard)):
        found.append("is guarded and shall be absent; take it off the guard list, or leave it.")
    if user == actor and (entry["locked"] or entry["admin"] is False):
        found.append("is who does this and would lock itself out; let another administrator do it.")
    return found


def too_many(removed: list[str], most: int) -> str:
    """Return why a purge is refused, nothing when it is within its limit."""
    if len(removed) <= most:
        return ""
    more = f" and {len(removed) - MOST_NAMES} more" if len(removed) > MOST_NAMES else ""
    return (
        f"the purge would remove {len(removed)} accounts and may remove {most}: "
        f"{', '.join(removed[:MOST_NAMES])}{more}. "
        "Name them among the users, guard them, or raise purge_limit for this run."
    )


def shown(account: Account | None, names: Iterable[str]) -> Account | None:
    """Return an account for a diff: the attributes of a patch, and of a password no more than that it was set."""
    if account is None:
        return None
    return {name: account.get(name, UNKNOWN.get(name)) for name in names if name != "password"}
