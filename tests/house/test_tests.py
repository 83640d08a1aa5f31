"""What is there is tested, and no test can pass by holding nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from house import rules, tree

TEST_FILES = [name for name in tree.files() if Path(name).name.startswith("test_") and name.endswith(".py")]
# A module that an action plugin of the same name carries out alone holds documentation only.
TESTED_PLUGINS = [
    name
    for name in tree.plugins("action", "modules", "module_utils", "plugin_utils", "filter", "lookup")
    if not name.startswith("plugins/modules/") or "AnsibleModule(" in tree.text(name)
]
# Scenarios that hold the instances others share, or whose proof is another scenario's.
WITHOUT_TESTS = {"default"}


@pytest.mark.parametrize("role", tree.roles())
def test_every_role_has_a_scenario(role: str) -> None:
    assert role in tree.scenarios()


@pytest.mark.parametrize("scenario", [name for name in tree.scenarios() if name not in WITHOUT_TESTS])
def test_every_scenario_has_tests(scenario: str) -> None:
    assert [name for name in TEST_FILES if name.startswith(f"molecule/{scenario}/tests/")]


@pytest.mark.parametrize("file", TEST_FILES)
def test_every_test_can_fail(file: str) -> None:
    assert list(rules.untested(tree.text(file))) == []


def unit_test_of(file: str) -> str:
    path = Path(file)
    return f"tests/unit/{path.parent}/test_{path.stem.lstrip('_')}.py"


@pytest.mark.parametrize("file", TESTED_PLUGINS)
def test_every_plugin_has_unit_tests_at_the_mirrored_place(file: str) -> None:
    # A filter that only hands over to logic of its own is tested where the logic is.
    logic = re.findall(r"plugin_utils\.(\w+)", tree.text(file)) if file.startswith("plugins/filter/") else []
    wanted = [f"plugins/plugin_utils/{name}.py" for name in logic] or [file]
    found = [unit_test_of(name) for name in wanted if unit_test_of(name) in tree.files()]
    assert found or unit_test_of(file) in tree.files(), f"{unit_test_of(wanted[0])} is missing"


@pytest.mark.parametrize("role", [name for name in tree.roles() if tree.below(f"roles/{name}/templates/")])
def test_every_role_with_templates_has_samples_to_render_them(role: str) -> None:
    assert f"tests/render/samples/{role}.yml" in tree.files()


def test_scenarios_name_only_files_that_are_there() -> None:
    stages = [name for name in tree.below("molecule/", ".yml") if Path(name).stem in ("side_effect", "cleanup")]
    assert [name for name in stages if not tree.is_tasks(tree.load(name))] == []
