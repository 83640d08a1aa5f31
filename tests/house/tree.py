"""What the repository consists of: its files, roles, playbooks and plugins, read once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# Imported by every stage; it changes nothing and an operator never calls it.
NEVER_CALLED = {"topology"}
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class AnsibleLoader(Loader):
    """Reads Ansible's own tags (`!vault`, `!unsafe`) as plain values."""


AnsibleLoader.add_multi_constructor("!", lambda _loader, suffix, node: getattr(node, "value", suffix))


@cache
def files() -> tuple[str, ...]:
    """Return the paths of all files that are or could be committed, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return tuple(sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


@cache
def text(name: str) -> str:
    """Return the text of a file, empty for one that is no text."""
    try:
        return (ROOT / name).read_text()
    except UnicodeDecodeError:
        return ""


@cache
def load(name: str) -> Any:
    """Return the YAML content of a file."""
    return yaml.load(text(name), Loader=AnsibleLoader)


def below(prefix: str, *suffixes: str) -> list[str]:
    """Return the files below a folder, with one of the suffixes if any is given."""
    return [name for name in files() if name.startswith(prefix) and (not suffixes or name.endswith(suffixes))]


def roles() -> list[str]:
    """Return the names of the roles."""
    return sorted({name.split("/")[1] for name in below("roles/")})


def playbooks() -> dict[str, Any]:
    """Return the plays of each playbook by the playbook's name."""
    names = [name for name in below("playbooks/", ".yml") if name.count("/") == 1]
    return {Path(name).stem: load(name) for name in names}


def imported_by(name: str) -> set[str]:
    """Return the playbooks that a playbook imports."""
    return {Path(play["import_playbook"]).stem for play in playbooks().get(name, []) if "import_playbook" in play}


def operators_playbooks() -> set[str]:
    """Return the playbooks an operator calls for a purpose of its own: no stage, no tier."""
    stages = imported_by("site") - {"verify"}
    return set(playbooks()) - stages - set(roles()) - NEVER_CALLED


def scenarios() -> list[str]:
    """Return the names of the Molecule scenarios."""
    return sorted(Path(name).parent.name for name in below("molecule/", "/molecule.yml"))


def plugins(*kinds: str) -> list[str]:
    """Return the files of the plugins of these kinds."""
    return [name for kind in kinds for name in below(f"plugins/{kind}/", ".py") if not name.endswith("/__init__.py")]


def tasks_in(content: Any) -> Iterator[dict[str, Any]]:
    """Yield every task of a tasks file or a playbook, blocks and what is inside them included."""
    for entry in content or []:
        if "hosts" in entry:
            for part in ("pre_tasks", "tasks", "post_tasks"):
                yield from tasks_in(entry.get(part))
        elif "import_playbook" not in entry:
            yield entry
            for part in ("block", "rescue", "always"):
                yield from tasks_in(entry.get(part))


def task_files() -> list[str]:
    """Return the tasks files of all roles, and the playbooks of the collection and of its scenarios."""
    return [
        *[name for name in below("roles/", ".yml") if name.split("/")[2] in ("tasks", "handlers")],
        *[name for name in below("playbooks/", ".yml") if name.count("/") == 1],
        *[name for name in below("molecule/", ".yml") if is_tasks(load(name))],
    ]


def is_tasks(content: Any) -> bool:
    """Tell whether the content of a YAML file is a list of plays or tasks."""
    return isinstance(content, list) and all(isinstance(entry, dict) and "name" in entry for entry in content)


def python_tools() -> list[str]:
    """Return the Python files below tools/, programs without a suffix included."""
    return [name for name in below("tools/") if name.endswith(".py") or text(name).startswith("#!/usr/bin/env python3")]
