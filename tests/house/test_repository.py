"""The tree can be published: versions are right, dependencies pinned, and nothing names the machine it was made on."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible.galaxy.collection import _build_files_manifest_walk

from house import rules, tree

# A checkout may stand directly below these; their names are in honest paths of targets too.
COMMON_FOLDERS = {"/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/local", "/var", "/mnt"}
FRAGMENT_SECTIONS = {
    "major_changes", "minor_changes", "breaking_changes", "deprecated_features", "removed_features",
    "security_fixes", "bugfixes", "known_issues", "trivial", "release_summary",
}  # fmt: skip
LOCKS = [name for name in tree.files() if re.search(r"requirements[\w-]*\.txt$", name)]


def registry_hosts() -> Iterator[str]:
    """Yield the hosts of the package registries that this machine is set up to use."""
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt").glob("sources.list.d/*")]
    for source in sources:
        if source.is_file():
            yield from re.findall(r"https?://([^/\s:]+)", source.read_text())
    for file in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"):
        parser = configparser.ConfigParser(strict=False)
        for section in parser.read(file) and parser.sections():
            yield from re.findall(r"https?://([^/\s:]+)", parser.get(section, "index-url", fallback=""))
    if shutil.which("npm"):
        answer = subprocess.run(["npm", "config", "get", "registry"], capture_output=True, text=True, check=False)
        yield from re.findall(r"https?://([^/\s:]+)", answer.stdout)
    # pip's own default is written in pip, so that it needn't be written here.
    yield from subprocess.run(
        ["python3", "-c", "from pip._internal.models.index import PyPI; print(PyPI.netloc, PyPI.file_storage_domain)"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip


def naming(words: set[str]) -> list[str]:
    """Return file and line of everything in the tree that holds one of the words."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words)))
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in tree.files()
        if pattern.search(tree.text(name))
        for number, line in enumerate(tree.text(name).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    hosts = set(registry_hosts())
    assert hosts, "this machine shows no registry, so the test would prove nothing"
    assert naming(hosts) == []


def test_no_file_holds_a_path_of_the_machine_it_was_made_on() -> None:
    parent = str(tree.ROOT.parent)
    assert naming({str(tree.ROOT), *([] if parent in COMMON_FOLDERS else [f"{parent}/"])}) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_python_dependencies_are_pinned(lock: str) -> None:
    assert list(rules.unpinned(tree.text(lock))) == []


@pytest.mark.parametrize("lock", [name for name in LOCKS if name.startswith("roles/")])
def test_what_is_installed_on_hosts_is_locked_with_hashes(lock: str) -> None:
    pins = [entry for entry in re.split(r"\n(?=[\w])", tree.text(lock)) if re.match(r"[\w.-]+(\[[\w,-]+\])?==", entry)]
    assert pins
    assert [entry.splitlines()[0] for entry in pins if "--hash=sha256:" not in entry] == []


def test_the_list_of_dependencies_is_resolved() -> None:
    wanted = re.findall(r"^([A-Za-z][\w.-]*)", tree.text("requirements.in"), re.MULTILINE)
    pinned = re.findall(r"^([a-z][\w.-]*)(?:\[.*\])?==", tree.text("requirements.txt"), re.MULTILINE)
    assert [name for name in wanted if name.lower() not in [pin.lower() for pin in pinned]] == []


def test_the_collection_has_a_semantic_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", tree.load("galaxy.yml")["version"])


def test_there_is_a_changelog_fragment_or_a_released_version() -> None:
    assert tree.below("changelogs/fragments/", ".yml") or "changelogs/changelog.yaml" in tree.files()


@pytest.mark.parametrize("file", tree.below("changelogs/fragments/"))
def test_a_changelog_fragment_holds_sentences_by_section(file: str) -> None:
    fragment = yaml.safe_load(tree.text(file))
    assert set(fragment) <= FRAGMENT_SECTIONS
    entries = [
        entry for section, found in fragment.items() for entry in ([found] if section == "release_summary" else found)
    ]
    assert [entry for entry in entries if not isinstance(entry, str) or not entry.rstrip().endswith((".", ")"))] == []


@pytest.mark.parametrize(
    "file", [name for name in tree.files() if name.endswith((".yml", ".yaml", ".py", ".j2", ".sh"))]
)
def test_no_file_speaks_of_work_left_without_an_issue(file: str) -> None:
    mark = "TO" + "DO|FIX" + "ME|XX" + "X"
    assert re.findall(rf"\b(?:{mark})\b(?! \(#\d+\)).*", tree.text(file)) == []


def test_what_an_installed_collection_needs_is_pinned_as_in_the_tests() -> None:
    assert set(tree.text("meta/requirements.txt").splitlines()) <= set(tree.text("requirements.txt").splitlines())


def test_the_collections_that_are_used_are_the_dependencies() -> None:
    shipped = [name for name in tree.files() if name.startswith(("roles/", "playbooks/", "plugins/"))]
    words = re.compile(r"\b((?:ansible\.(?:posix|utils|netcommon)|community\.\w+|containers\.podman))\.\w+")
    used = {found for name in shipped for found in words.findall(tree.text(name))}
    assert sorted(tree.load("galaxy.yml")["dependencies"]) == sorted(used)


def test_what_git_ignores_is_in_no_artefact(tmp_path: Path) -> None:
    for line in tree.text(".gitignore").splitlines():
        # A pattern without a folder is meant for every one.
        name = f"{line.strip('/').replace('*', 'my_site')}{'/file' if line.endswith('/') else ''}"
        for path in [name] if "/" in line.rstrip("/") else [name, f"docs/deep/{name}"]:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
    galaxy = tree.load("galaxy.yml")
    manifest = _build_files_manifest_walk(
        os.fsencode(tmp_path), galaxy["namespace"], galaxy["name"], galaxy["build_ignore"]
    )
    assert [entry["name"] for entry in manifest["files"] if entry["ftype"] == "file"] == []
