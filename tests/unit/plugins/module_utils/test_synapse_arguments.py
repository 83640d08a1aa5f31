"""What a module takes is what its documentation says it takes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.privatechat.platform.plugins.doc_fragments import synapse as fragment
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import CONNECTION
from ansible_collections.privatechat.platform.plugins.module_utils._synapse_arguments import ROOMS, TOKENS, USERS
from ansible_collections.privatechat.platform.plugins.modules import (
    synapse_registration_tokens,
    synapse_rooms,
    synapse_users,
)

MODULES = {
    "users": (synapse_users.DOCUMENTATION, USERS),
    "rooms": (synapse_rooms.DOCUMENTATION, ROOMS),
    "tokens": (synapse_registration_tokens.DOCUMENTATION, TOKENS),
    "connection": (fragment.ModuleDocFragment.DOCUMENTATION, CONNECTION),
}


def outline(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return what can be given, with types, defaults and choices, to every depth."""
    return {
        name: {
            **{key: option.get(key) for key in ("default", "choices", "elements")},
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "inside": outline(option.get(inner) or {}, inner),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_documentation_and_arguments_are_the_same(name: str) -> None:
    text, spec = MODULES[name]
    assert outline(spec, "options") == outline(yaml.safe_load(text)["options"], "suboptions")
