# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make missing secrets in a file of the inventory, on the control machine; documented in modules/secrets_file.py."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import is_encrypted, match_encrypt_secret
from ansible.plugins.action import ActionBase

from ansible_collections.privatechat.platform.plugins.plugin_utils import _secrets

ROW = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True, "choices": [*_secrets.MAKERS, "authority"]},
    "certificate": {"type": "str"},
    "common_name": {"type": "str"},
}
SPEC = {
    "path": {"type": "path", "required": True},
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": ROW,
        "required_if": [("kind", "authority", ("certificate", "common_name"))],
    },
    "deployed_on": {"type": "list", "elements": "str", "default": []},
    "kept": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """Reads the file, makes what is missing, writes it back in one step."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what was made, and whether the run has yet to load the file."""
        super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(SPEC)
        path = os.path.realpath(args["path"])
        try:
            return self._ensure(path, args, task_vars or {})
        except _secrets.SecretsError as exc:
            raise AnsibleActionFail(str(exc)) from None
        except OSError as exc:
            raise AnsibleActionFail(
                f"Cannot keep secrets in '{path}': {exc.strerror}. Make it readable and writable for this user, "
                "or set platform_secrets_file to another place."
            ) from None

    def _ensure(self, path: str, args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        before = self._read(path)
        text, kept = self._decrypted(path, before)
        given = {name for name in _secrets.names_of(args["secrets"]) if _is_given(name, task_vars)}
        made = _secrets.make(args["secrets"], {*kept, *given})
        if made and not args["kept"]:
            raise _secrets.SecretsError(_secrets.lost(made))
        if made and not before:
            _refuse_new_ones(path, args["deployed_on"])
        trap = _secrets.trap_beside(path)
        if trap and made:
            raise _secrets.SecretsError(trap)
        after = self._encrypted(_secrets.extended(text, made) if made else text, before)
        self._prove(path, after, {*kept, *made})
        open_to_others = bool(before) and not is_encrypted(before) and bool(os.stat(path).st_mode & 0o077)
        changed = args["kept"] and bool(after) and (after != before or open_to_others)
        if changed and not self._task.check_mode:
            _write(path, after)
        return {
            "changed": changed,
            "path": path,
            "made": list(made),
            "encrypted": is_encrypted(after),
            "load": not self._task.check_mode and any(name not in task_vars for name in (*kept, *made)),
        }

    def _read(self, path: str) -> bytes:
        if not os.path.exists(path):
            return b""
        with open(path, "rb") as file:
            return file.read()

    def _decrypted(self, path: str, content: bytes) -> tuple[str, dict[str, Any]]:
        """Return the file's plain text and its variables; refuse what is no mapping."""
        try:
            plain = self._loader._vault.decrypt(content) if is_encrypted(content) else content
            kept = self._loader.load(plain.decode(), file_name=path) if plain.strip() else {}
        except (AnsibleError, UnicodeDecodeError) as exc:
            raise _secrets.SecretsError(f"Cannot read the secrets in '{path}', nothing was changed: {exc}") from None
        if not isinstance(kept or {}, dict):
            raise _secrets.SecretsError(
                f"Cannot read the secrets in '{path}': it holds no variables with values. Restore the file from a copy."
            )
        return plain.decode(), kept or {}

    def _encrypted(self, text: str, before: bytes) -> bytes:
        """Return the file's new content: as it is when nothing changes, else encrypted if this run has a password."""
        vault = self._loader._vault
        if not text:
            return before
        if is_encrypted(before):
            if vault.decrypt(before).decode() == text:
                return before
        elif not vault.secrets:
            return text.encode()
        vault_id, secret = match_encrypt_secret(
            vault.secrets, constants.config.get_config_value("DEFAULT_VAULT_ENCRYPT_IDENTITY")
        )
        return bytes(vault.encrypt(text, secret, None if vault_id == "default" else vault_id))

    def _prove(self, path: str, after: bytes, names: set[str]) -> None:
        """Refuse content that would not hold exactly these variables, such as lines after a document's end."""
        found = set(self._decrypted(path, after)[1])
        if found != names:
            raise _secrets.SecretsError(
                f"Cannot add secrets to '{path}', nothing was changed: its text cannot be continued (read back "
                f"{len(found)} of {len(names)} variables). Bring it into the form of one 'name: value' per line."
            )


def _is_given(name: str, task_vars: dict[str, Any]) -> bool:
    """Tell whether this host or any other has the variable from elsewhere: extra variables, other inventory files."""
    if name in task_vars:
        return True
    hostvars = task_vars.get("hostvars", {})
    return any(name in hostvars[host] for host in task_vars.get("ansible_play_hosts_all", []))


def _refuse_new_ones(path: str, deployed_on: list[str]) -> None:
    if deployed_on:
        raise _secrets.SecretsError(
            f"Cannot make new secrets in '{path}': the file is missing, and the platform already runs on "
            f"{', '.join(deployed_on)} with secrets of its own. Restore the file from a copy; new secrets would lock "
            "this platform out of its own data."
        )


def _write(path: str, content: bytes) -> None:
    """Put the content in place in one step, readable only by its owner."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".secrets-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
