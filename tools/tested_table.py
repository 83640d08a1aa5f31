"""The table of what the tests show: each stage of tools/run_tests, with the words of its tests."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from markers import ROOT, table

OLDER = "-bookworm"
# Stages that are no tests of their own: they make what the next ones need, and prove that this can be done.
WORDS = {
    "nodes": "Test nodes are made from Debian's packages.",
    "nodes-removed": "They go without a trace.",
    "bare": "A check run on bare nodes finds no fault and changes nothing.",
    "demo": "`make demo` deploys the platform and two people talk.",
}


class UnknownStageError(Exception):
    """A stage shows nothing that can be found out from its commands."""


def stages() -> str:
    """Return the Markdown table, a row for each stage, in the order in which they run."""
    plan = runpy.run_path(str(ROOT / "tools/run_tests"))["plan"]
    usual = {stage.name: stage for stage in plan(everything=False)}
    every = {stage.name: stage for stage in plan(everything=True)}
    rows = [
        [f"`{name}`", shows(stage), amount(name, usual), "yes" if name + OLDER in every else ""]
        for name, stage in every.items()
        if not name.endswith(OLDER)
    ]
    return table(["Stage", "Shows", "In `make test`", "On Debian 12"], rows)


def amount(name: str, usual: dict[str, Any]) -> str:
    """Return how much of a stage the usual run has."""
    if name not in usual:
        return ""
    fault = any("mark.fault" in file.read_text() for file in scenario_tests(name))
    return "yes" if "not fault" not in str(usual[name].environment) or not fault else "without faults"


def shows(stage: Any) -> str:
    """Return in words what a stage proves, from the files that it runs."""
    if stage.name in WORDS:
        return WORDS[stage.name]
    command = stage.commands[-1]
    if command[0] == "make":
        found = re.search(rf"^{command[-1]}:.*## (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return f"`make {command[-1]}`: {found[1]}." if found else unknown(stage)
    files = [ROOT / word for word in command if word.startswith("tests/")] or scenario_tests(stage.name)
    return sentences(files) or unknown(stage)


def unknown(stage: Any) -> str:
    """Refuse a stage without words."""
    raise UnknownStageError(f"The stage {stage.name} of tools/run_tests runs no test file; say in WORDS what it shows.")


def scenario_tests(name: str) -> list[Path]:
    """Return the test files of a scenario."""
    return sorted((ROOT / "molecule" / name / "tests").glob("test_*.py"))


def sentences(paths: Iterable[Path]) -> str:
    """Return the first lines of what the test files say of themselves."""
    files = [file for path in paths for file in (sorted(path.glob("test_*.py")) if path.is_dir() else [path])]
    docstrings = [ast.get_docstring(ast.parse(file.read_text())) or "" for file in files]
    return " ".join(text.split("\n\n")[0].replace("\n", " ") for text in docstrings if text)
