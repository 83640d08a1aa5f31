# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be done so that registration tokens are as they are wanted: pure, nothing is asked or sent here."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

# What the server keeps of a token; nothing else of it can be changed.
FIELDS = ("uses_allowed", "expiry_time")
# Synapse, docs/usage/administration/admin_api/registration_tokens.md, "Create token".
TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,64}")
Token = dict[str, Any]
Tokens = dict[str, Token]


def milliseconds(text: str | None) -> int | None:
    """Return a point in time as the server counts it, which is UTC where no zone is given; ValueError for none."""
    if not text:
        return None
    told = datetime.fromisoformat(text)
    return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * 1000)


def wished(entry: dict[str, Any]) -> Token:
    """Return what an entry of the module's option says of a token."""
    return {"uses_allowed": entry["uses_allowed"], "expiry_time": milliseconds(entry["expires"])}


def plan(current: Tokens, entries: list[dict[str, Any]], now: int, *, purge: bool) -> dict[str, Token | None]:
    """Return what each token that differs shall be, None for one that shall go; empty when nothing is to be done."""
    patches: dict[str, Token | None] = {}
    for entry in entries:
        token, present = entry["token"], current.get(entry["token"])
        if entry["state"] == "absent":
            patches |= {token: None} if present else {}
            continue
        wanted = wished(entry)
        over = (wanted["expiry_time"] or now) < now
        # One that has run out lets nobody in, as one that is not there.
        if present != wanted and not (over and present is None):
            patches[token] = None if over else wanted
    named = {entry["token"] for entry in entries}
    return {**patches, **({token: None for token in sorted(current) if token not in named} if purge else {})}


def merge(current: Tokens, patches: dict[str, Token | None]) -> Tokens:
    """Return the tokens after the patches have been applied."""
    return {token: state for token, state in {**current, **patches}.items() if state is not None}


def problems(entries: list[dict[str, Any]]) -> list[str]:
    """Return everything that is wrong with what is wanted, in sentences that tell no token."""
    found = []
    for field in ("name", "token"):
        counted = Counter(entry[field] for entry in entries)
        twice = sorted({entry["name"] for entry in entries if counted[entry[field]] > 1})
        found += [f"{', '.join(twice)} have the same {field}; give each its own."] if twice else []
    for entry in entries:
        if not TOKEN.fullmatch(entry["token"]):
            found.append(f"the token of '{entry['name']}' must be 1 to 64 letters, digits and . _ ~ -")
        if entry["uses_allowed"] is not None and entry["uses_allowed"] < 0:
            found.append(f"'{entry['name']}' has uses_allowed {entry['uses_allowed']}; give 0 or more, or none.")
        try:
            milliseconds(entry["expires"])
        except ValueError:
            found.append(f"'{entry['name']}' expires at '{entry['expires']}'; write it like 2027-01-31T12:00:00Z.")
    return found


def labels(entries: list[dict[str, Any]], tokens: list[str]) -> dict[str, str]:
    """Return what stands for each token where people read."""
    named = {entry["token"]: entry["name"] for entry in entries}
    others = [token for token in tokens if token not in named]
    return {**named, **{token: f"unnamed {number}" for number, token in enumerate(others, start=1)}}
