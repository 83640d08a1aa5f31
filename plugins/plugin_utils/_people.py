# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory says of people, rooms and registration tokens, judged as a whole before a server is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_room_problems as room_problems
from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_rooms as rooms
from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_tokens as tokens
from ansible_collections.privatechat.platform.plugins.module_utils import _synapse_users as users
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_arguments import ROOMS, TOKENS, USERS

Entries = list[dict[str, Any]]
# Given a module's options and what it takes: the options with every one filled in, or else what it would refuse.
Validate = Callable[[dict[str, Any], dict[str, Any]], tuple[dict[str, Any], list[str]]]
HIDDEN = "(a secret)"


def with_passwords(people: Iterable[Mapping[str, Any]], passwords: Mapping[str, str]) -> Entries:
    """Return the people, each with the password that is kept for it elsewhere; one of its own comes first."""
    found = []
    for person in people:
        kept = passwords.get(person.get("name", ""))
        found.append({**({"password": kept} if kept is not None else {}), **person})
    return found


def problems(declared: Mapping[str, Any], validate: Validate) -> list[str]:
    """Return everything that is wrong with what an inventory declares, in sentences that tell no secret."""
    domain, guard = declared["server_name"], list(declared["guard"])
    actor = users.full_name(declared["admin"], domain)
    listed = _strangers(declared["people"], declared["passwords"])
    people = with_passwords(declared["people"], declared["passwords"])
    found = [f"platform_people_passwords: {words}" for words in listed]
    if declared["purge"] and not people:
        found.append("platform_people_purge: platform_people names nobody, so everybody would go; name who is to stay.")
    options, wrong = validate({"users": people, "server_name": domain}, USERS)
    given = options.get("users", [])
    found += [f"platform_people: {words}" for words in wrong or users.problems(given, domain, guard, actor)]
    options, wrong = validate({"rooms": declared["rooms"], "server_name": domain}, ROOMS)
    found += [f"platform_rooms: {words}" for words in wrong or _of_rooms(options["rooms"], given, domain, actor)]
    options, wrong = validate({"tokens": declared["tokens"]}, TOKENS)
    found += [f"platform_registration_tokens: {words}" for words in wrong or tokens.problems(options["tokens"])]
    return _hidden(found, [*declared["passwords"].values(), *(token.get("token") for token in declared["tokens"])])


def _strangers(people: Iterable[Mapping[str, Any]], passwords: Mapping[str, Any]) -> Iterator[str]:
    known = {person.get("name") for person in people}
    for name in passwords:
        if name not in known:
            yield f"'{name}' is none of platform_people; write the name as it is there, or remove the password."


def _of_rooms(entries: Entries, people: Entries, domain: str, actor: str) -> Iterator[str]:
    whole = [rooms.whole(entry, domain) for entry in entries]
    yield from room_problems.problems(whole, {}, domain, actor)
    gone = {users.full_name(person["name"], domain) for person in people if person["state"] == "absent"}
    for room in whole:
        for member in room["members"]:
            if member["name"] in gone:
                yield f"'{room['alias']}' has the member '{member['name']}', who shall be absent; remove one of both."


def _hidden(found: Iterable[str], secrets: Iterable[Any]) -> list[str]:
    """Return sentences without the secrets that somebody may have put where a message quotes it."""
    texts = sorted({str(secret) for secret in secrets if secret}, key=len, reverse=True)
    hidden = []
    for words in found:
        for text in texts:
            words = words.replace(text, HIDDEN)  # noqa: PLW2901 - each secret is taken out of what is left
        hidden.append(words)
    return hidden
