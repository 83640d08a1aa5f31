"""Files stay as small as those that read well; who needs more says why in BIGGER."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from house import rules, tree

# The first pattern that fits a file gives its budget in lines.
BUDGETS = [
    ("roles/*/tasks/main.yml", 40),
    ("roles/*/tasks/*.yml", 80),
    ("roles/*/defaults/main.yml", 60),
    ("roles/*/templates/*", 120),
    ("roles/*/README.md", 60),
    ("playbooks/*.yml", 60),
    ("molecule/*/molecule.yml", 15),
    ("molecule/*/test_*.py", 150),
    ("tests/*/test_*.py", 150),
]
TASKS, INPUTS, MODULE_LINES, UTILS_LINES, FUNCTION_LINES = 10, 30, 150, 250, 40

# file (or file::function) -> why it is bigger
BIGGER = {
    "playbooks/vars/platform.yml": "the whole platform is one table, and a table is read as one",
}


def budget_of(file: str) -> int | None:
    """Return the lines a file may have, None for one without a budget."""
    return next((lines for pattern, lines in BUDGETS if fnmatch(file, pattern)), None)


@pytest.mark.parametrize("file", [name for name in tree.files() if budget_of(name) and name not in BIGGER])
def test_a_file_is_within_its_budget(file: str) -> None:
    assert len(tree.text(file).splitlines()) <= (budget_of(file) or 0)


@pytest.mark.parametrize("file", [name for name in tree.below("roles/", ".yml") if "/tasks/" in name])
def test_a_tasks_file_has_few_tasks(file: str) -> None:
    assert len(list(tree.tasks_in(tree.load(file)))) <= TASKS or file in BIGGER


@pytest.mark.parametrize("role", tree.roles())
def test_a_role_has_few_inputs(role: str) -> None:
    options = rules.spec_options(tree.load(f"roles/{role}/meta/argument_specs.yml"))
    optional = [name for name, option in options.items() if not option.get("required")]
    assert len(optional) <= INPUTS or f"roles/{role}/defaults/main.yml" in BIGGER


@pytest.mark.parametrize("file", [name for name in tree.plugins("modules", "filter", "lookup") if name not in BIGGER])
def test_a_module_is_thin(file: str) -> None:
    assert rules.code_lines(tree.text(file)) <= MODULE_LINES


@pytest.mark.parametrize("file", [n for n in tree.plugins("module_utils", "plugin_utils") if n not in BIGGER])
def test_shared_code_comes_in_small_files(file: str) -> None:
    assert len(tree.text(file).splitlines()) <= UTILS_LINES


@pytest.mark.parametrize("file", [*tree.below("plugins/", ".py"), *tree.python_tools()])
def test_functions_are_short(file: str) -> None:
    functions = rules.longest_functions(tree.text(file))
    assert {name: n for name, n in functions if n > FUNCTION_LINES and f"{file}::{name}" not in BIGGER} == {}


def test_every_exception_is_still_needed() -> None:
    stale = [name for name in BIGGER if name.split("::")[0] not in tree.files()]
    small = [n for n in BIGGER if n not in stale and len(tree.text(n).splitlines()) <= (budget_of(n) or 0)]
    assert stale + [name for name in small if name.count("/tasks/") == 0] == []
