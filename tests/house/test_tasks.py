"""Tasks and plays have names that lead to their file, and no habits that hide what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from house import rules, tree


@pytest.mark.parametrize("file", tree.task_files())
def test_tasks_have_names_that_lead_to_their_file(file: str) -> None:
    stem = Path(file).stem if file.startswith("roles/") else "main"
    assert list(rules.task_names(stem, tree.tasks_in(tree.load(file)))) == []


@pytest.mark.parametrize("file", tree.task_files())
def test_tasks_hide_nothing(file: str) -> None:
    assert list(rules.task_habits(tree.tasks_in(tree.load(file)))) == []


@pytest.mark.parametrize("name", tree.playbooks())
def test_plays_say_what_is_true_afterwards(name: str) -> None:
    assert list(rules.play_habits(tree.playbooks()[name])) == []


def test_members_that_restart_take_turns_in_every_clustered_tier() -> None:
    turns = {play["tags"] for plays in tree.playbooks().values() for play in plays if rules.takes_members_away(play)}
    restarting = {name.split("/")[1] for name in tree.below("roles/") if name.endswith("/tasks/restart.yml")}
    assert turns == restarting


@pytest.mark.parametrize("name", tree.playbooks())
def test_tags_are_role_names(name: str) -> None:
    plays = tree.playbooks()[name]
    tags = [
        tag for play in plays for tag in ([play["tags"]] if isinstance(play.get("tags"), str) else play.get("tags", []))
    ]
    assert sorted(set(tags) - {"always", *tree.roles()}) == []


@pytest.mark.parametrize("file", [name for name in tree.below("roles/") if "/templates/" in name])
def test_templates_verify_their_peers(file: str) -> None:
    assert "verify none" not in tree.text(file)


def test_templates_are_rendered_without_a_copy_of_all_variables() -> None:
    assert [name for name in tree.below("roles/") if "ansible.builtin.template" in tree.text(name)] == []
