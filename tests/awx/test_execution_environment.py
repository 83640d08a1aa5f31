"""ansible-builder makes an image's recipe from the definition, and the image has what the collection needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from testkit.playbook import ROOT

from house import tree

DEFINITION = tree.load("awx/execution-environment.yml")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("image") / "context"
    definition = ROOT / "awx/execution-environment.yml"
    words = ["create", "-f", str(definition), "-c", str(target), "--output-filename", "Containerfile"]
    done = subprocess.run([ROOT / ".venv/bin/ansible-builder", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_the_recipe_installs_what_the_definition_names(context: Path) -> None:
    recipe = (context / "Containerfile").read_text()
    assert f'ARG EE_BASE_IMAGE="{DEFINITION["images"]["base_image"]["name"]}"' in recipe
    assert "ansible-galaxy collection install" in recipe
    assert (context / "_build/requirements.txt").read_text().split() == tree.text("meta/requirements.txt").split()
    assert "openssh-clients" in (context / "_build/bindep.txt").read_text()


def test_the_image_has_the_collections_that_this_one_needs(context: Path) -> None:
    listed = yaml.safe_load((context / "_build/requirements.yml").read_text())["collections"]
    assert {row["name"]: row["version"] for row in listed} == tree.load("galaxy.yml")["dependencies"]


@pytest.mark.parametrize("program", ["ansible_core", "ansible_runner"])
def test_the_image_has_the_versions_that_the_tests_run(program: str) -> None:
    assert DEFINITION["dependencies"][program]["package_pip"] in tree.text("requirements.txt").splitlines()
