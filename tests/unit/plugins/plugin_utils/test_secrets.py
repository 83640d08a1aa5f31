"""New secrets have the right form, and a file of secrets only ever grows."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.privatechat.platform.plugins.plugin_utils import _secrets

AUTHORITY = {"name": "ca_key", "kind": "authority", "certificate": "ca_certificate", "common_name": "Test authority"}
PASSWORD = {"name": "password", "kind": "password"}


def test_a_password_is_safe_in_every_format_and_new_each_time() -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{40}", _secrets.make_password())
    assert _secrets.make_password() != _secrets.make_password()
    assert re.fullmatch(r"[0-9a-f]{64}", _secrets.make_hex())


def test_a_signing_key_has_the_form_of_the_chat_servers_key_file() -> None:
    match = re.fullmatch(r"ed25519 a_[A-Za-z]{4} ([A-Za-z0-9+/]{43})\n", _secrets.make_signing_key())
    assert match
    assert len(base64.b64decode(match[1] + "=")) == 32


def test_an_authority_signs_leaves_and_nothing_else() -> None:
    key, certificate = _secrets.make_authority("Test authority")
    authority = x509.load_pem_x509_certificate(certificate.encode())
    assert load_pem_private_key(key.encode(), None).public_key() == authority.public_key()
    authority.verify_directly_issued_by(authority)
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    left = authority.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=3640) < left < timedelta(days=3651)


def test_only_what_is_missing_is_made() -> None:
    assert set(_secrets.make([PASSWORD, AUTHORITY], [])) == {"password", "ca_key", "ca_certificate"}
    assert set(_secrets.make([PASSWORD, AUTHORITY], ["ca_key", "ca_certificate"])) == {"password"}
    assert _secrets.make([PASSWORD, AUTHORITY], _secrets.names_of([PASSWORD, AUTHORITY])) == {}


def test_half_an_authority_is_refused() -> None:
    with pytest.raises(_secrets.SecretsError, match=r"'ca_key' is given.*Give both, or neither"):
        _secrets.make([AUTHORITY], ["ca_key"])


def test_appended_values_read_back_and_the_text_before_is_kept() -> None:
    values = {"a": "x", "key": "-----BEGIN-----\nline\n-----END-----\n"}
    text = _secrets.extended("# mine\nb:   'y'  # note", values)
    assert text.startswith("# mine\nb:   'y'  # note\n")
    assert yaml.safe_load(text) == {"b": "y", **values}


def test_a_new_file_says_what_it_is() -> None:
    text = _secrets.extended("", {"a": "x"})
    assert text.startswith("---\n# Secrets")
    assert yaml.safe_load(text) == {"a": "x"}


@pytest.mark.parametrize("name", ["all.yml", "all.yaml", "all.json"])
def test_a_file_that_the_directory_would_hide_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "group_vars" / "all" / "secrets.yml"
    assert _secrets.trap_beside(path) == ""
    path.parent.parent.mkdir()
    (path.parent.parent / name).write_text("{}")
    assert f"Move the file to '{path.parent}/main" in _secrets.trap_beside(path)


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "all").write_text("{}")
    assert "is a file, where a directory is needed" in _secrets.trap_beside(tmp_path / "all" / "secrets.yml")


def test_a_control_machine_without_the_library_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_secrets, "HAS_CRYPTOGRAPHY", False)
    with pytest.raises(_secrets.SecretsError, match="has no library cryptography"):
        _secrets.make_authority("Test authority")
