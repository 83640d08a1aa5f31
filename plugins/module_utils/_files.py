# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as they are and as they shall be: what differs, how it reads as a diff, and how it is put in place."""

from __future__ import annotations

import contextlib
import glob
import grp
import os
import pwd
import shutil
import stat
import tempfile
from typing import Any

HIDDEN = "(content is secret)\n"


def read(path: str) -> bytes | None:
    """Return the file's bytes, None when there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def content_of(entry: dict[str, Any]) -> bytes:
    """Return the wanted bytes of a file entry, secret or not."""
    text = entry["secret_content"] if entry["content"] is None else entry["content"]
    return (text or "").encode()


def ids_of(entry: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return the numbers of owner and group, None for one that does not exist on this host."""
    owner = group = None
    with contextlib.suppress(KeyError):
        owner = pwd.getpwnam(entry["owner"]).pw_uid
    with contextlib.suppress(KeyError):
        group = grp.getgrnam(entry["group"]).gr_gid
    return owner, group


def must_write(entry: dict[str, Any]) -> bool:
    """Tell whether the file is missing, or is ours to replace and has other content."""
    present = read(entry["path"])
    return present is None or (entry["replace"] and present != content_of(entry))


def differs_in_access(entry: dict[str, Any]) -> bool:
    """Tell whether owner, group or permissions of an existing path differ from the entry."""
    status = os.stat(entry["path"])
    return (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) != (*ids_of(entry), int(entry["mode"], 8))


def plan(params: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what differs: directories and files to write, paths to remove."""
    wanted = {entry["path"] for entry in params["files"]}
    matching = sorted({path for pattern in params["absent"] for path in glob.glob(pattern) if os.path.isfile(path)})
    rewrite = [entry for entry in params["files"] if must_write(entry)]
    return {
        "directories": [d for d in params["directories"] if not os.path.isdir(d["path"]) or differs_in_access(d)],
        "content": rewrite,
        "access": [entry for entry in params["files"] if entry not in rewrite and differs_in_access(entry)],
        "remove": [path for path in matching if path not in wanted],
    }


def diff_of(changes: dict[str, list[Any]]) -> list[dict[str, str]]:
    """Return one diff for each change, without the content of secret files."""
    diffs = []
    for entry in changes["content"]:
        if entry["content"] is None:
            before, after = HIDDEN, HIDDEN + "(changed)\n"
        else:
            before, after = (read(entry["path"]) or b"").decode(errors="replace"), entry["content"]
        diffs.append({"before_header": entry["path"], "after_header": entry["path"], "before": before, "after": after})
    for entry in changes["directories"] + changes["access"]:
        text = f"{entry['owner']}:{entry['group']} {entry['mode']}\n"
        diffs.append({"before_header": entry["path"], "after_header": entry["path"], "before": "", "after": text})
    for path in changes["remove"]:
        diffs.append({"before_header": path, "after_header": path, "before": "present\n", "after": "absent\n"})
    return diffs


def place(entry: dict[str, Any], path: str) -> None:
    """Put the entry's content at the path in one step, with its owner and permissions where they exist."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".config_files-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content_of(entry))
            file.flush()
            os.fsync(file.fileno())
        give_access(entry, temporary)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def give_access(entry: dict[str, Any], path: str) -> None:
    """Set owner, group and permissions."""
    owner, group = ids_of(entry)
    os.chown(path, -1 if owner is None else owner, -1 if group is None else group)
    os.chmod(path, int(entry["mode"], 8))


def apply(changes: dict[str, list[Any]], keep: str | None, *, keep_first: bool = False) -> None:
    """Make the changes; the versions that go are copied below `keep` first, with `keep_first` only where none is."""
    for entry in changes["directories"]:
        os.makedirs(entry["path"], exist_ok=True)
        give_access(entry, entry["path"])
    for path in [entry["path"] for entry in changes["content"]] + changes["remove"]:
        if keep and os.path.exists(path) and not (keep_first and os.path.exists(keep + path)):
            os.makedirs(os.path.dirname(keep + path), mode=0o700, exist_ok=True)
            shutil.copy2(path, keep + path)
    for entry in changes["content"]:
        place(entry, entry["path"])
    for entry in changes["access"]:
        give_access(entry, entry["path"])
    for path in changes["remove"]:
        os.unlink(path)


def unusable(params: dict[str, Any]) -> list[str]:
    """Return what is wrong with the input as seen from this host: unknown owners and groups."""
    problems = []
    for entry in params["directories"] + params["files"]:
        owner, group = ids_of(entry)
        if owner is None:
            problems.append(f"{entry['path']} shall belong to the user '{entry['owner']}', who does not exist.")
        if group is None:
            problems.append(f"{entry['path']} shall belong to the group '{entry['group']}', which does not exist.")
    return problems
