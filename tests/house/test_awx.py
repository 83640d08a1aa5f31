"""AWX's project and data know every playbook that an operator calls, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from house import tree

PROJECT = [name for name in tree.below("awx/project/", ".yml") if name.count("/") == 2]
OBJECTS = tree.load("awx/objects.yml")


def test_every_stage_and_every_playbook_of_daily_work_is_in_the_project() -> None:
    wanted = {*tree.operators_playbooks(), *tree.imported_by("site")}
    assert {Path(name).stem for name in PROJECT} == wanted


@pytest.mark.parametrize("name", PROJECT)
def test_a_playbook_of_the_project_imports_the_collections(name: str) -> None:
    (play,) = tree.load(name)
    assert play["import_playbook"] == f"privatechat.platform.{Path(name).stem}"


def test_every_playbook_of_the_project_has_a_job_template() -> None:
    templates = {template["playbook"] for template in OBJECTS["awx_job_templates"]}
    assert templates == {Path(name).name for name in PROJECT}


def test_what_a_survey_asks_is_a_variable_that_the_readme_explains() -> None:
    asked = [found["variable"] for name, found in OBJECTS.items() if name.startswith("awx_question_")]
    assert asked
    assert [name for name in asked if f"`{name}`" not in tree.text("README.md")] == []


def test_a_schedule_starts_a_job_template_that_there_is() -> None:
    templates = {template["name"] for template in OBJECTS["awx_job_templates"]}
    assert {schedule["job_template"] for schedule in OBJECTS["awx_schedules"]} <= templates
