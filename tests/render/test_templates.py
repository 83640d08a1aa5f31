"""Every file that a role writes is what its reader takes, with the smallest and the largest sensible inputs."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from render import parsers, rendering

from house import tree

# What Prometheus and Alertmanager fill in themselves, in the same braces.
OWN_TEMPLATES = ("/etc/prometheus/rules/*", "/etc/prometheus/consoles/*", "/etc/prometheus/alertmanager*")
CASES = [
    pytest.param(role, sample, release, id=f"{role}-{sample}-debian{release}")
    for role in tree.roles()
    for sample in rendering.samples(role)
    for release in rendering.RELEASES
]


@pytest.mark.parametrize(("role", "sample", "release"), CASES)
def test_what_a_role_writes_is_taken_by_its_reader(role: str, sample: str, release: str) -> None:
    written = rendering.written(role, sample, release)
    assert written, "the role writes nothing, so nothing was proved"
    problems, missing = {}, []
    for path, content in written.items():
        try:
            problems[path] = parsers.parser_of(path)(content)
        except parsers.MissingParserError as exc:
            missing.append(str(exc))
    assert {path: problem for path, problem in problems.items() if problem} == {}
    if missing:
        pytest.skip("; ".join(missing))


@pytest.mark.parametrize(("role", "sample", "release"), CASES)
def test_a_role_s_own_check_takes_what_it_writes(role: str, sample: str, release: str, tmp_path: Path) -> None:
    problems = {}
    for number, task in enumerate(rendering.writes(role, sample, release)):
        try:
            root = tmp_path / str(number)
            problems[number] = parsers.refusal(rendering.contents(task), task.get("validate", []), root)
        except parsers.MissingParserError as exc:
            pytest.skip(str(exc))
    assert {number: problem for number, problem in problems.items() if problem} == {}


@pytest.mark.parametrize(("role", "sample", "release"), CASES)
def test_no_file_shows_its_template_or_words_of_python(role: str, sample: str, release: str) -> None:
    left = re.compile(r"\{\{|\{%|\b(?:None|True|False|Undefined)\b")
    written = rendering.written(role, sample, release)
    found = {
        path: line
        for path, content in written.items()
        if parsers.parser_of(path) is not parsers.python and not any(fnmatch(path, own) for own in OWN_TEMPLATES)
        for line in parsers.meaningful(content)
        if left.search(line)
    }
    assert found == {}


@pytest.mark.parametrize(("role", "sample", "release"), CASES)
def test_a_file_of_lines_ends_its_last_line(role: str, sample: str, release: str) -> None:
    written = rendering.written(role, sample, release)
    assert [path for path, content in written.items() if "\n" in content and not content.endswith("\n")] == []


@pytest.mark.parametrize("role", tree.roles())
def test_every_template_is_used(role: str) -> None:
    tasks = "".join(tree.text(name) for name in tree.below(f"roles/{role}/", ".yml", ".j2"))
    names = [name.split("/templates/")[1] for name in tree.below(f"roles/{role}/templates/")]
    assert [name for name in names if name not in tasks] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/etc/systemd/system/a.service", "[Service]\nnonsense\n"),
        ("/etc/systemd/system/a.service", "[Servce]\nUser=a\n"),
        ("/etc/sysctl.d/a.conf", "vm.swappiness =\n"),
        ("/etc/hosts", "host1 192.0.2.1\n"),
        ("/etc/redis/redis.conf", "maxmemory\n"),
        ("/etc/a.yaml", "- a\n"),
        ("/etc/a.env", "A B\n"),
    ],
)
def test_a_bad_file_is_refused(path: str, text: str) -> None:
    assert parsers.parser_of(path)(text)
