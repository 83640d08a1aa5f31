# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that lists everything that is wrong with declared people, rooms and registration tokens."""

from __future__ import annotations

DOCUMENTATION = r"""
name: people_problems
short_description: List every problem of declared people, rooms and registration tokens
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Judges what an inventory declares as a whole, with the rules of M(privatechat.platform.synapse_users),
    M(privatechat.platform.synapse_rooms) and M(privatechat.platform.synapse_registration_tokens), without asking a
    server. Each problem is a text that says what is wrong, with what, and what to do; none tells a secret.
options:
  _input:
    description:
      - C(people), C(passwords), C(rooms) and C(tokens) as the inventory has them.
      - C(server_name), the chat domain; C(guard), names and patterns of accounts that are never removed; C(admin), the
        account that makes all this so; C(purge), whether people who are not named go.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: List what is wrong
  ansible.builtin.debug:
    msg: "{{ declared | privatechat.platform.people_problems }}"
"""

RETURN = r"""
_value:
  description: The problems; empty when there are none.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.privatechat.platform.plugins.plugin_utils._people import problems


def validated(options: dict[str, Any], spec: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a module's options with every one filled in, or none of them and what the module would refuse."""
    result = ArgumentSpecValidator(spec).validate(options)
    return ({}, result.error_messages) if result.error_messages else (result.validated_parameters, [])


def people_problems(declared: Mapping[str, Any]) -> list[str]:
    """Return one text for each problem; see plugin_utils/_people.py."""
    return problems(declared, validated)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"people_problems": people_problems}
