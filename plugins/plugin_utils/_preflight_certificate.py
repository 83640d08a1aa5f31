# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an operator's own certificate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True


def certificate_problems(certificate: str, key: str, public_name: str, now: datetime) -> Iterator[str]:
    """Yield what is wrong with an operator's own certificate and key for the public name."""
    where = "The certificate in platform_public_certificate_file"
    try:
        leaf = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        yield f"{where} is not readable as PEM. Give a file with the certificate first and its chain after it."
        return
    names = _certificate_names(leaf)
    if not any(_covers(name, public_name) for name in names):
        yield (
            f"{where} does not cover platform_public_name '{public_name}': its names are "
            f"{', '.join(sorted(names)) or 'none'}. Get a certificate for '{public_name}'."
        )
    if leaf.not_valid_after_utc <= now:
        yield f"{where} expired on {leaf.not_valid_after_utc:%Y-%m-%d}. Get a new one."
    if leaf.not_valid_before_utc > now:
        yield f"{where} is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC. Check it and the clock."
    try:
        public = serialization.load_pem_private_key(key.encode(), None).public_key()
    except (ValueError, TypeError):
        yield (
            "The key in platform_public_key_file is not readable as PEM without a password. "
            "Give the private key without one; the file may be encrypted with ansible-vault."
        )
        return
    if public != leaf.public_key():
        yield (
            "The key in platform_public_key_file does not match the certificate in platform_public_certificate_file. "
            "Give the key that the certificate was requested with."
        )


def _certificate_names(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def _covers(pattern: str, name: str) -> bool:
    """Tell whether a certificate's name is for this host name; a wildcard stands for its first label only."""
    if pattern.startswith("*."):
        return name.lower().partition(".")[2] == pattern[2:].lower()
    return name.lower() == pattern.lower()
