# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New secrets of each kind, and the text of the inventory's file that keeps them."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

ALPHABET = string.ascii_letters + string.digits
AUTHORITY_YEARS = 10
# Clocks that are a little behind accept a new authority at once.
BACKDATED = timedelta(hours=1)
HEADER = """\
---
# Secrets of this platform, each made once. Keep a copy in a safe place: without this file the platform can be
# neither changed nor restored. Values may be replaced by your own; nothing here is overwritten.
"""


class SecretsError(Exception):
    """The wanted secrets cannot be made; the text says why and what to do."""


def make_password() -> str:
    """Return 40 letters and digits: 238 bits, safe in every configuration format and address."""
    return "".join(secrets.choice(ALPHABET) for _position in range(40))


def make_hex() -> str:
    """Return 256 random bits in hexadecimal digits."""
    return secrets.token_hex(32)


def make_signing_key() -> str:
    """Return a new ed25519 key in the form of the chat server's key file: algorithm, version, unpadded base64 seed."""
    version = "".join(secrets.choice(string.ascii_letters) for _position in range(4))
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return f"ed25519 a_{version} {seed}\n"


def make_authority(common_name: str) -> tuple[str, str]:
    """Return key and self-signed certificate of a new authority, both PEM, valid for ten years."""
    if not HAS_CRYPTOGRAPHY:
        raise SecretsError(
            f"Cannot make '{common_name}': the Python of ansible-playbook has no library cryptography. "
            "Install it there with pip install cryptography."
        )
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    begin = datetime.now(UTC) - BACKDATED
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=AUTHORITY_YEARS * 365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


MAKERS: dict[str, Callable[[], str]] = {"password": make_password, "hex": make_hex, "signing_key": make_signing_key}


def names_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return all variable names that the rows stand for, an authority's key and certificate being two."""
    return [name for row in rows for name in (row["name"], row.get("certificate")) if name]


def make(rows: Iterable[Mapping[str, Any]], present: Iterable[str]) -> dict[str, str]:
    """Return a new value for each wanted name that is not present; an authority is made whole or not at all."""
    there = set(present)
    made: dict[str, str] = {}
    for row in rows:
        missing = [name for name in names_of([row]) if name not in there]
        if not missing:
            continue
        if row["kind"] != "authority":
            made[row["name"]] = MAKERS[row["kind"]]()
        elif len(missing) == 1:
            (given,) = set(names_of([row])) - set(missing)
            raise SecretsError(
                f"Cannot make '{missing[0]}': '{given}' is given, and a certificate authority's key and certificate "
                "belong together. Give both, or neither to have a new authority made."
            )
        else:
            made[row["name"]], made[row["certificate"]] = make_authority(row["common_name"])
    return made


def lost(names: Iterable[str]) -> str:
    """Return why secrets cannot be made where no file outlives the run."""
    wanted = list(names)
    return (
        f"Cannot make {len(wanted)} secret{'s' if len(wanted) > 1 else ''}, {', '.join(wanted)}: no file of this run "
        "is kept, and a platform whose secrets are lost can be neither changed nor restored. Run "
        "privatechat.platform.secrets where the inventory is kept, and give this run the values, in AWX by a "
        "credential."
    )


def extended(text: str, values: Mapping[str, str]) -> str:
    """Return the file's text with the values appended as YAML; what was there is kept to the letter."""
    kept = text or HEADER
    lines = [] if kept.endswith("\n") else ["\n"]
    for name, value in values.items():
        if "\n" in value:
            block = "".join(f"  {line}\n" for line in value.splitlines())
            lines.append(f"{name}: |\n{block}")
        else:
            lines.append(f'{name}: "{value}"\n')
    return kept + "".join(lines)


def trap_beside(path: str | Path) -> str:
    """Return what keeps the inventory from reading a secrets file at this path, empty when nothing does."""
    folder = Path(path).parent
    if folder.is_file():
        return (
            f"Cannot keep secrets in '{path}': '{folder}' is a file, where a directory is needed. "
            f"Move it to '{folder}.yml', then to '{folder}/main.yml'."
        )
    for suffix in (".yml", ".yaml", ".json"):
        beside = folder.with_name(folder.name + suffix)
        if beside.is_file():
            return (
                f"Cannot keep secrets in '{path}': the inventory has the file '{beside}' beside the directory "
                f"'{folder}', and Ansible reads only the directory. Move the file to '{folder}/main{suffix}'."
            )
    return ""
