"""Modules, filters and lookups are documented in the form that `ansible-doc` shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from house import rules, tree

LICENCE = "# SPDX-License-Identifier: GPL-3.0-or-later"
FRAGMENT = "privatechat.platform.attributes"
DOCUMENTED = tree.plugins("modules", "filter", "lookup")


def documentation(file: str, part: str) -> Any:
    return yaml.safe_load(rules.constant(tree.text(file), part) or "{}")


def by_action(file: str) -> bool:
    return f"plugins/action/{Path(file).name}" in tree.files()


@pytest.mark.parametrize("file", DOCUMENTED)
def test_a_plugin_is_documented(file: str) -> None:
    docs = documentation(file, "DOCUMENTATION")
    assert docs.get("module", docs.get("name")) == Path(file).stem
    assert {"short_description", "description", "version_added", "author", "options"} <= set(docs)
    assert documentation(file, "EXAMPLES")
    assert documentation(file, "RETURN")


@pytest.mark.parametrize("file", tree.plugins("modules"))
def test_a_module_declares_check_mode_diff_and_repetition(file: str) -> None:
    docs = documentation(file, "DOCUMENTATION")
    declared = docs.get("attributes", {})
    if not any(name.startswith(FRAGMENT) for name in docs.get("extends_documentation_fragment", [])):
        assert {"check_mode", "diff_mode", "idempotent"} <= set(declared)
    # Ansible takes check mode for granted in an action plugin, which carries its module out.
    assert by_action(file) or "supports_check_mode=True" in tree.text(file)


@pytest.mark.parametrize("file", tree.plugins("modules"))
def test_each_returned_value_says_when_and_shows_a_sample(file: str) -> None:
    returned = documentation(file, "RETURN")
    assert [key for key, value in returned.items() if not {"returned", "sample"} <= set(value)] == []


@pytest.mark.parametrize("file", tree.plugins("filter"))
def test_a_filter_file_holds_the_filter_of_its_name(file: str) -> None:
    assert f'return {{"{Path(file).stem}": ' in tree.text(file)


@pytest.mark.parametrize("file", tree.below("plugins/", ".py"))
def test_a_plugin_carries_its_licence(file: str) -> None:
    assert LICENCE in tree.text(file)[:500]


@pytest.mark.parametrize("file", tree.plugins("plugin_utils"))
def test_logic_behind_filters_is_plain_python(file: str) -> None:
    assert "from ansible" not in tree.text(file).replace("from ansible_collections.privatechat", "")
