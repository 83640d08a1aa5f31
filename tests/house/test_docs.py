"""The pages tell of commands, playbooks, ports and files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import platform_tables
import pytest

from house import rules, tree

PAGES = [name for name in tree.files() if name.endswith(".md") and name != "CHANGELOG.md"]


def test_every_playbook_of_daily_work_has_a_runbook() -> None:
    # Those of alerts have a folder and rules of their own, in test_alerts.py.
    runbooks = {Path(name).stem for name in tree.below("docs/runbooks/", ".md") if name.count("/") == 2}
    assert runbooks == tree.operators_playbooks()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_make_targets_that_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", tree.text("Makefile"), re.MULTILINE))
    assert sorted(rules.commands_of(tree.text(page)) - targets) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_playbooks_that_exist(page: str) -> None:
    text = tree.text(page)
    called = re.findall(r"ansible-playbook (?:-\S+ \S+ )*privatechat\.platform\.(\w+)", text)
    assert sorted({*called, *re.findall(r"\bplaybooks/(\w+)\.yml", text)} - set(tree.playbooks())) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_links_only_to_what_is_there(page: str) -> None:
    folder = (tree.ROOT / page).parent
    assert list(rules.broken_links(tree.text(page), lambda target: (folder / target).exists())) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_files_that_are_there(page: str) -> None:
    named = re.findall(
        r"`((?:docs|inventories|playbooks|plugins|roles|tools|tests|molecule)/[\w./-]+)`", tree.text(page)
    )
    assert [name for name in named if not (tree.ROOT / name).exists()] == []


def test_every_language_has_the_same_commands() -> None:
    english, chinese = (list(rules.examples(tree.text(name))) for name in ("README.md", "README.zh-CN.md"))
    assert english
    assert chinese == english


def test_every_language_names_the_same_playbooks() -> None:
    named = [
        set(re.findall(r"privatechat\.platform\.(\w+)", tree.text(name))) for name in ("README.md", "README.zh-CN.md")
    ]
    assert named[0] == named[1] != set()


@pytest.mark.parametrize("name", platform_tables.TABLES)
def test_a_table_says_what_the_platform_table_says(name: str) -> None:
    assert not platform_tables.update(name, check=True), "run tools/platform_tables.py"


@pytest.mark.parametrize("name", platform_tables.FILES)
def test_a_generated_file_says_what_its_source_says(name: str) -> None:
    assert not platform_tables.rewrite_file(name, check=True), "run tools/platform_tables.py"


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith(("README", "docs/runbooks/"))])
def test_an_input_that_a_page_tells_of_is_the_inventory_s_to_set(page: str) -> None:
    # What topology.yml reads of there outranks every inventory.
    wired = {name for file in tree.below("playbooks/vars/", ".yml") for name in tree.load(file)}
    inputs = {name for role in tree.roles() for name in tree.load(f"roles/{role}/defaults/main.yml") or {}}
    assert sorted(wired & inputs & set(re.findall(r"\w+", tree.text(page)))) == []
