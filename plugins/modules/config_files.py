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
  keep_first:
    description:
      - V(true) keeps the version that was there before the first change, V(false) the one before the last change.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Write the proxy's configuration
  privatechat.platform.config_files:
    directories:
      - path: /etc/haproxy/conf.d
    files:
      - path: /etc/haproxy/conf.d/base.cfg
        content: "{{ lookup('privatechat.platform.rendered', 'base.cfg.j2') }}"
      - path: /etc/haproxy/secrets.env
        secret_content: "{{ lookup('privatechat.platform.rendered', 'secrets.env.j2') }}"
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

import os
import tempfile

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._files import apply, diff_of, place, plan, unusable


class Rejected(Exception):
    """A validation command refused the staged files."""


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
    content = [("content", "secret_content")]
    files = {"options": file, "mutually_exclusive": content, "required_one_of": content}
    module = AnsibleModule(
        argument_spec={
            "directories": {"type": "list", "elements": "dict", "default": [], "options": directory},
            "files": {"type": "list", "elements": "dict", "default": [], **files},
            "absent": {"type": "list", "elements": "str", "default": []},
            "validate": {"type": "list", "elements": "list", "default": []},
            "keep": {"type": "path"},
            "keep_first": {"type": "bool", "default": False},
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
            apply(changes, module.params["keep"], keep_first=module.params["keep_first"])
    except (Rejected, OSError) as exc:
        module.fail_json(msg=f"Cannot replace the configuration; the present one stays in place. {exc}")
    entries = changes["directories"] + changes["content"] + changes["access"]
    paths = [entry["path"] for entry in entries] + changes["remove"]
    module.exit_json(changed=bool(paths), changed_paths=paths, diff=diff)


if __name__ == "__main__":
    main()
