"""Every role looks like every other, says what it takes, and knows nothing besides."""

from __future__ import annotations

from pathlib import Path

import pytest
import role_readme

from house import rules, tree

TASK_FILES = {"preflight", "install", "configure", "cluster", "service", "verify", "restart"}
ROLES = tree.roles()


def names_of(role: str) -> set[str]:
    """Return the variables that a role defines: inputs, defaults and constants."""
    constants = {name for file in tree.below(f"roles/{role}/vars/", ".yml") for name in tree.load(file) or {}}
    return {*rules.spec_options(tree.load(f"roles/{role}/meta/argument_specs.yml")), *constants}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_common_files(role: str) -> None:
    wanted = ["README.md", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"]
    assert [name for name in wanted if f"roles/{role}/{name}" not in tree.files()] == []
    assert not tree.below(f"roles/{role}/handlers/"), "service_unit restarts what is stale, handlers forget"
    assert not tree.load(f"roles/{role}/meta/main.yml").get("dependencies"), "order is the play's business"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_one_lower_case_word(role: str) -> None:
    assert role.isalpha()
    assert role.islower()


@pytest.mark.parametrize("role", ROLES)
def test_specification_and_defaults_say_the_same(role: str) -> None:
    spec = tree.load(f"roles/{role}/meta/argument_specs.yml")
    file = f"roles/{role}/defaults/main.yml"
    defaults = (tree.load(file) if file in tree.files() else {}) or {}
    problems = [*rules.spec_against_defaults(role, spec, defaults), *rules.same_everywhere(spec)]
    assert problems == []


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_says_what_it_does(role: str) -> None:
    points = tree.load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    assert [n for n, point in points.items() if not {"short_description", "description"} <= set(point)] == []


@pytest.mark.parametrize("role", ROLES)
def test_secret_inputs_are_plain_strings(role: str) -> None:
    assert list(rules.secret_inputs(tree.load(f"roles/{role}/meta/argument_specs.yml"))) == []


@pytest.mark.parametrize("role", ROLES)
def test_constants_carry_the_mark_of_internals(role: str) -> None:
    names = {name for file in tree.below(f"roles/{role}/vars/", ".yml") for name in tree.load(file) or {}}
    assert sorted(name for name in names if not name.startswith(f"__{role}_")) == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_knows_neither_topology_nor_other_roles(role: str) -> None:
    foreign = {name for other in ROLES if other != role for name in names_of(other)}
    # Pages quote playbooks, lists of pinned dependencies name markers of Python.
    apart = ("README.md", "requirements.txt")
    files = [name for name in tree.below(f"roles/{role}/") if not name.endswith(apart)]
    problems = [f"{name}: {problem}" for name in files for problem in rules.foreign_words(tree.text(name), foreign)]
    assert problems == []


@pytest.mark.parametrize("role", ROLES)
def test_main_is_a_table_of_contents(role: str) -> None:
    assert list(rules.main_only_imports(tree.load(f"roles/{role}/tasks/main.yml"))) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_tasks_file_is_a_stage_or_a_documented_entry_point(role: str) -> None:
    spec = tree.load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    text = "".join(tree.text(name) for name in tree.below(f"roles/{role}/tasks/"))
    stems = {Path(name).stem for name in tree.below(f"roles/{role}/tasks/")} - {"main"}
    assert sorted(stem for stem in stems if stem not in spec and f"{stem}.yml" not in text) == []
    assert sorted(stem for stem in stems if stem not in spec and stem not in TASK_FILES) == []
    assert sorted(point for point in spec if point not in stems | {"main"}) == []


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_lists_the_inputs_as_specified(role: str) -> None:
    readme = tree.ROOT / "roles" / role / "README.md"
    assert not role_readme.update(readme.parent, check=True), f"run tools/role_readme.py {role}"
