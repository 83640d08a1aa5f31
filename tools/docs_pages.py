#!/usr/bin/env python3
"""Lay out the repository's Markdown pages for Sphinx: each at its place in the site, its links led there too.

    tools/docs_pages.py .cache/docs/source

A link to a page of the site becomes a link inside the site, one to any other file a link to the repository.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import yaml
from markers import ROOT

# What stands outside docs/ and is a page of the site all the same.
MOVED = {"README.md": "start.md", "README.zh-CN.md": "start.zh-CN.md", "CHANGELOG.md": "changelog.md"}
LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
PICTURES = (".png", ".svg")


def place_of(path: str) -> str:
    """Return where a file of the repository stands in the site, empty for one that is no part of it."""
    role = re.fullmatch(r"roles/(\w+)/README\.md", path)
    if role:
        return f"roles/{role[1]}.md"
    inside = path.removeprefix("docs/")
    if inside != path and inside.endswith((".md", *PICTURES)):
        return inside
    return MOVED.get(path, "")


def led(markdown: str, page: str, repository: str, is_folder: Callable[[str], bool]) -> str:
    """Return a page's text with its relative links led to their places in the site, or to the repository."""

    def target_of(found: re.Match[str]) -> str:
        begin, target, end = found.groups()
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = os.path.normpath(PurePosixPath(page).parent / target)
        place = place_of(path)
        if place:
            return f"{begin}{os.path.relpath(place, PurePosixPath(place_of(page)).parent)}{end}"
        return f"{begin}{repository}/{'tree' if is_folder(path) else 'blob'}/main/{path}{end}"

    lines, fenced = [], False
    for line in markdown.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        lines.append(line if fenced else LINK.sub(target_of, line))
    return "".join(lines)


def lay_out(target: Path) -> None:
    """Write every page below the folder, and pictures beside them."""
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*"), *ROOT.glob("roles/*/README.md")]
    for file in sorted(files):
        path = file.relative_to(ROOT).as_posix()
        place = place_of(path)
        if not place:
            continue
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        if place.endswith(PICTURES):
            shutil.copy(file, target / place)
        else:
            text = led(file.read_text(), path, repository, lambda name: (ROOT / name).is_dir())
            (target / place).write_text(text)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):  # noqa: PLR2004 - the program and its one argument
        sys.exit(__doc__)
    lay_out(Path(sys.argv[1]))
