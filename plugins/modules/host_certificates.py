#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep keys and certificates of a host's services, signed elsewhere by an authority whose key the host never sees."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificates
short_description: Keep keys and certificates of a host's services
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Looks at all wanted certificates of a host in one round trip. Makes missing private keys and returns a request for
    each certificate that is missing, is not for its key, has other names, is from another authority, or has less than
    a third of O(validity_days) left.
  - Called again with O(signed) it puts the certificates that an authority made from these requests in place.
  - A certificate lies in C(DIRECTORY/NAME) as C(cert.pem) beside C(key.pem), and if wanted with its key in
    C(combined.pem); the authority's certificate in C(DIRECTORY/ca.pem). An existing usable key is kept.
  - Directories of names that are not wanted are left alone.
  - In check mode no request is returned, and a host without the cryptography library is no error.
extends_documentation_fragment:
  - privatechat.platform.attributes
requirements:
  - python3-cryptography on the host
options:
  directory:
    description: Directory that holds the authority's certificate and a directory for each certificate.
    type: path
    default: /etc/privatechat/tls
  certificates:
    description: The wanted certificates.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the certificate's directory.
        type: str
        required: true
      common_name:
        description: Name of the certificate's subject.
        type: str
        required: true
      names:
        description: Host names and addresses the certificate is for.
        type: list
        elements: str
        required: true
      owner:
        description: User who may read the key.
        type: str
        default: root
      group:
        description: Group whose members may enter the directory.
        type: str
        default: root
      combined:
        description: Whether a file with certificate and key is wanted as well.
        type: bool
        default: false
      public:
        description: Whether O(provided) takes the place of this certificate.
        type: bool
        default: false
  ca_certificate:
    description: Certificate of the authority.
    type: str
    required: true
  validity_days:
    description: Days that the authority makes certificates valid.
    type: int
    default: 397
  provided:
    description: Certificate and key from elsewhere for the certificates that are O(certificates[].public).
    type: dict
    suboptions:
      certificate:
        description: The certificate, with the chain that leads to its authority.
        type: str
        required: true
      key:
        description: The private key.
        type: str
        required: true
  signed:
    description: New certificates by name.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Look for certificates in need
  privatechat.platform.host_certificates:
    ca_certificate: "{{ ca_certificate }}"
    certificates:
      - name: redis
        common_name: redis.example.com
        names: [redis.example.com, 192.0.2.11]
        owner: redis
        group: redis
  register: result
"""

RETURN = r"""
requests:
  description: A request for each certificate that has to be made; empty in check mode.
  type: list
  elements: dict
  returned: success
  sample: [{name: redis, csr: "-----BEGIN CERTIFICATE REQUEST-----", reason: there is no certificate yet}]
certificates:
  description: Each wanted certificate with the days it has left (none if it is missing), whether it fits the host's
    key, its names and the authority, and why it has to be made.
  type: list
  elements: dict
  returned: success
  sample: [{name: redis, days_left: 396, fits: true, reason: ""}]
changed_paths:
  description: Files and directories that were made or changed.
  type: list
  elements: str
  returned: success
  sample: [/etc/privatechat/tls/redis/key.pem]
"""

import contextlib
import grp
import os
import pwd
import stat
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils import _certificates

ROW = {
    "name": {"type": "str", "required": True},
    "common_name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "combined": {"type": "bool", "default": False},
    "public": {"type": "bool", "default": False},
}
PROVIDED = {
    "certificate": {"type": "str", "required": True},
    "key": {"type": "str", "required": True, "no_log": True},
}


class Host:
    """The host's directory of certificates: reads it, and brings paths into the wanted state one by one."""

    def __init__(self, module: AnsibleModule) -> None:
        self.params = module.params
        self.dry = module.check_mode
        self.changed: list[str] = []

    def path(self, *parts: str) -> str:
        """Return the path below the directory."""
        return os.path.join(self.params["directory"], *parts)

    def read(self, *parts: str) -> str | None:
        """Return the text of a file below the directory, None when there is no such file."""
        try:
            with open(self.path(*parts), encoding="utf-8") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def ensure_directory(self, path: str, group: str, mode: int) -> None:
        """Make the directory, root's own, and give it this group and mode."""
        if not os.path.isdir(path):
            self.changed.append(path)
            if not self.dry:
                os.makedirs(path, mode=mode)
        self.ensure_access(path, "root", group, mode)

    def ensure_file(self, row: dict[str, Any], file: str, text: str, mode: int = 0o600) -> None:
        """Give the file this text in one step; who opens it sees the text before or after."""
        path = self.path(row["name"], file)
        if self.read(row["name"], file) != text:
            self.changed.append(path)
            if not self.dry:
                handle, temporary = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(path))
                with os.fdopen(handle, "w", encoding="utf-8") as opened:
                    opened.write(text)
                    opened.flush()
                    os.fsync(opened.fileno())
                give_access(temporary, row["owner"], row["group"], mode)
                os.replace(temporary, path)
        self.ensure_access(path, row["owner"], row["group"], mode)

    def ensure_access(self, path: str, owner: str, group: str, mode: int) -> None:
        """Give the path this owner, group and mode."""
        if os.path.exists(path):
            status = os.stat(path)
            if (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (*ids_of(owner, group), mode):
                return
            if not self.dry:
                give_access(path, owner, group, mode)
        if path not in self.changed:
            self.changed.append(path)


def ids_of(owner: str, group: str) -> tuple[int, int]:
    """Return the numbers of owner and group, -1 for one that does not exist on this host."""
    user_id = group_id = -1
    with contextlib.suppress(KeyError):
        user_id = pwd.getpwnam(owner).pw_uid
    with contextlib.suppress(KeyError):
        group_id = grp.getgrnam(group).gr_gid
    return user_id, group_id


def give_access(path: str, owner: str, group: str, mode: int) -> None:
    """Set owner, group and mode."""
    os.chown(path, *ids_of(owner, group))
    os.chmod(path, mode)


def settle(host: Host, row: dict[str, Any]) -> dict[str, Any]:
    """Bring one certificate's files into order; return its state, and the request for a new one if it needs one."""
    params, name = host.params, row["name"]
    host.ensure_directory(host.path(name), row["group"], 0o750)
    key, certificate = host.read(name, "key.pem"), params["signed"].get(name) or host.read(name, "cert.pem")
    if row["public"] and params["provided"]:
        key, certificate = params["provided"]["key"], params["provided"]["certificate"]
        state = {"name": name, "days_left": _certificates.days_left(certificate), "fits": True, "reason": ""}
    else:
        state = _certificates.examine(row, key, certificate, params)
        if name in params["signed"] and state["fits"]:
            state["reason"] = ""
        if not _certificates.usable_key(key):
            key = _certificates.make_key()
    host.ensure_file(row, "key.pem", str(key))
    # A certificate in need stays in place until the new one does.
    if not state["reason"]:
        host.ensure_file(row, "cert.pem", str(certificate), 0o644)
        if row["combined"]:
            host.ensure_file(row, "combined.pem", f"{str(certificate).strip()}\n{key}")
    elif not host.dry:
        state["csr"] = _certificates.make_request(str(key), row["common_name"], row["names"])
    return state


def settle_all(host: Host) -> dict[str, Any]:
    """Bring all files into order and return the module's answer."""
    host.ensure_directory(host.path(), "root", 0o755)
    states = [settle(host, row) for row in host.params["certificates"]]
    requests = [{key: state[key] for key in ("name", "reason", "csr")} for state in states if "csr" in state]
    if not requests:
        authority = {"name": "", "owner": "root", "group": "root"}
        host.ensure_file(authority, "ca.pem", host.params["ca_certificate"], 0o644)
    elif host.params["signed"]:
        text = "; ".join(f"'{request['name']}': {request['reason']}" for request in requests)
        raise ValueError(
            f"the new certificates do not fit their requests ({text}). Check the authority's key and clock."
        )
    due = [f"{state['name']} is to be issued: {state['reason']}" for state in states if state["reason"]]
    return {
        "changed": bool(host.changed or due),
        "changed_paths": host.changed,
        "requests": requests,
        "certificates": [{key: value for key, value in state.items() if key != "csr"} for state in states],
        "diff": {"before": "", "after": "".join(f"{line}\n" for line in host.changed + due)},
    }


def main() -> None:
    """Look, make keys, ask for certificates or put them in place, report."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "default": "/etc/privatechat/tls"},
            "certificates": {"type": "list", "elements": "dict", "required": True, "options": ROW},
            "ca_certificate": {"type": "str", "required": True},
            "validity_days": {"type": "int", "default": 397},
            "provided": {"type": "dict", "options": PROVIDED},
            "signed": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    if not _certificates.HAS_CRYPTOGRAPHY:
        if module.check_mode:
            state = {"days_left": None, "fits": False, "reason": "python3-cryptography is not installed"}
            states = [{"name": row["name"], **state} for row in module.params["certificates"]]
            module.exit_json(changed=True, changed_paths=[], requests=[], certificates=states)
        module.fail_json(msg="Cannot look at certificates: python3-cryptography is not installed. Install it.")
    unknown = (
        [] if module.check_mode else [r for r in module.params["certificates"] if -1 in ids_of(r["owner"], r["group"])]
    )
    if unknown:
        text = ", ".join(f"'{r['name']}' for {r['owner']}:{r['group']}" for r in unknown)
        module.fail_json(
            msg=f"Cannot make certificates whose owner does not exist: {text}. "
            "Install the service's package first; nothing was changed."
        )
    try:
        module.exit_json(**settle_all(Host(module)))
    except (OSError, ValueError) as exc:
        module.fail_json(msg=f"Cannot keep certificates in '{module.params['directory']}': {exc}")


if __name__ == "__main__":
    main()
