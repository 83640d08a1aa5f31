#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write all configuration files of a service at once, after the service itself has checked them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_files
short_description: Write a service's configuration files together, checked before they replace the present ones
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Compares directories and files with what is wanted and changes only what differs, in one round trip.
  - When a file differs, all files of the task are first written to a staging directory and the commands of O(validate)
    run on it. If one fails, nothing on the host has changed and its output is the error.
  - Each file is replaced atomically. Files that are not named, and do not match O(absent), are left alone.
  - In check mode missing directories and unknown owners are no error, since earlier tasks would have made them.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  directories:
    description: Directories that shall exist, parents first.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path.
        type: path
        required: true
      owner:
        description: Owning user.
        type: str
        default: root
      group:
        description: Owning group.
        type: str
        default: root
      mode:
        description: Permissions as an octal string.
        type: str
        default: "0755"
  files:
    description: Files that shall exist with exactly this content. Missing directories above them are made, root's own.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Absolute path.
        type: path
        required: true
      content:
        description: The text of the file; shown in diffs.
        type: str
      secret_content:
        description: The text of a file that holds secrets; never shown in diffs or logs.
        type: str
      owner:
        description: Owning user.
        type: str
        default: root
      group:
        description: Owning group.
        type: str
        default: root
      mode:
        description: Permissions as an octal string.
        type: str
        default: "0644"
      replace:
        description: V(false) leaves the content of an existing file alone, for files that a daemon rewrites itself.
        type: bool
        default: true
  absent:
    description: Patterns of absolute paths; a file that matches one and is not in O(files) is removed.
    type: list
    elements: str
    default: []
  validate:
    description:
      - Commands, each a list of arguments, that check the staged files; V({staged}) in an argument stands for a
        directory under which each file lies at its absolute path.
      - They run only when a file differs. In check mode a command whose program is not installed yet is left out.
    type: list
    elements: list
    default: []
  keep:
    description: Directory that receives the versions which are replaced or removed, each at its absolute path.
    type: path
"""

EXAMPLES = r"""
- name: Write the proxy's configuration
  privatechat.platform.config_files:
    directories:
      - path: /etc/haproxy/conf.d
    files:
      - path: /etc/haproxy/conf.d/base.cfg
        content: "{{ lookup('ansible.builtin.template', 'base.cfg.j2') }}"
      - path: /etc/haproxy/secrets.env
        secret_content: "{{ lookup('ansible.builtin.template', 'secrets.env.j2') }}"
        mode: "0600"
    absent:
      - /etc/haproxy/conf.d/*.cfg
    validate:
      - [/usr/sbin/haproxy, -c, -f, "{staged}/etc/haproxy/conf.d"]
"""

RETURN = r"""
changed_paths:
  description: Paths that were made, changed or removed, in the order of the task.
  type: list
  elements: str
  returned: success
  sample: [/etc/haproxy/conf.d/base.cfg]
"""

import contextlib
import glob
import grp
import os
import pwd
import shutil
import stat
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

HIDDEN = "(content is secret)\n"


class Rejected(Exception):
    """A validation command refused the staged files."""


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
    return str(text).encode()


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


def validate(module: AnsibleModule) -> None:
    """Run the validation commands on a staged copy of all files; raise Rejected at the first refusal."""
    with tempfile.TemporaryDirectory(prefix="config_files-") as staged:
        for entry in module.params["files"]:
            place(entry, staged + entry["path"])
        for command in module.params["validate"]:
            argv = [str(argument).replace("{staged}", staged) for argument in command]
            if module.check_mode and not os.path.exists(argv[0]):
                continue
            code, out, err = module.run_command(argv)
            if code != 0:
                output = (out + err).replace(staged, "")
                raise Rejected(f"'{' '.join(argv).replace(staged, '')}' ended with status {code}: {output.strip()}")


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


def apply(changes: dict[str, list[Any]], keep: str | None) -> None:
    """Make the changes; the versions that go are copied below `keep` first."""
    for entry in changes["directories"]:
        os.makedirs(entry["path"], exist_ok=True)
        give_access(entry, entry["path"])
    for path in [entry["path"] for entry in changes["content"]] + changes["remove"]:
        if keep and os.path.exists(path):
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


def main() -> None:
    """Read, plan, check, apply, report."""
    access = {"owner": {"type": "str", "default": "root"}, "group": {"type": "str", "default": "root"}}
    directory = {"path": {"type": "path", "required": True}, **access, "mode": {"type": "str", "default": "0755"}}
    file = {
        "path": {"type": "path", "required": True},
        "content": {"type": "str"},
        "secret_content": {"type": "str", "no_log": True},
        **access,
        "mode": {"type": "str", "default": "0644"},
        "replace": {"type": "bool", "default": True},
    }
    exclusive: Any = {"mutually_exclusive": [("content", "secret_content")]}
    exclusive["required_one_of"] = exclusive["mutually_exclusive"]
    module = AnsibleModule(
        argument_spec={
            "directories": {"type": "list", "elements": "dict", "default": [], "options": directory},
            "files": {"type": "list", "elements": "dict", "default": [], "options": file, **exclusive},
            "absent": {"type": "list", "elements": "str", "default": []},
            "validate": {"type": "list", "elements": "list", "default": []},
            "keep": {"type": "path"},
        },
        supports_check_mode=True,
    )
    problems = [] if module.check_mode else unusable(module.params)
    if problems:
        module.fail_json(msg=" ".join(problems) + " Install the service's package first; nothing was changed.")
    changes = plan(module.params)
    diff = diff_of(changes) if module._diff else []
    try:
        if changes["content"] or changes["remove"]:
            validate(module)
        if not module.check_mode:
            apply(changes, module.params["keep"])
    except (Rejected, OSError) as exc:
        module.fail_json(msg=f"Cannot replace the configuration; the present one stays in place. {exc}")
    entries = changes["directories"] + changes["content"] + changes["access"]
    paths = [entry["path"] for entry in entries] + changes["remove"]
    module.exit_json(changed=bool(paths), changed_paths=paths, diff=diff)


if __name__ == "__main__":
    main()
