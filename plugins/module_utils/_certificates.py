# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, requests and certificates as PEM text: what is wrong with one, and what to ask an authority for."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone
from typing import Any

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

UTC = timezone(timedelta(0))


def make_key() -> str:
    """Return a new P-256 private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def make_request(key: str, common_name: str, names: list[str]) -> str:
    """Return a request for a certificate that serves and dials under these names, signed with the key."""
    usage = dict.fromkeys(
        (
            "content_commitment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_encipherment=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .sign(_private(key), hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM).decode()


def usable_key(key: str | None) -> bool:
    """Tell whether the text is a private key without a password."""
    try:
        return key is not None and bool(_private(key))
    except (ValueError, TypeError):
        return False


def remaining(certificate: str) -> timedelta:
    """Return the time until the first certificate of the text expires; negative when it has."""
    return _not_after(_first(certificate)) - datetime.now(UTC)


def days_left(certificate: str | None) -> int | None:
    """Return the whole days until the certificate expires, None when there is none that can be read."""
    try:
        return remaining(certificate).days if certificate else None
    except ValueError:
        return None


def names_of(certificate: str) -> set[str]:
    """Return the names and addresses that the first certificate of the text is for."""
    try:
        names = _first(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def key_fits(certificate: str, key: str) -> bool:
    """Tell whether the first certificate of the text is for this private key."""
    return bool(_public(_first(certificate)) == _public(_private(key)))


def issued_by(certificate: str, authority: str) -> bool:
    """Tell whether the authority's key signed the first certificate of the text."""
    leaf, issuer = _first(certificate), _first(authority)
    public, algorithm = issuer.public_key(), leaf.signature_hash_algorithm
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(algorithm))
        else:
            public.verify(leaf.signature, leaf.tbs_certificate_bytes, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return bool(leaf.issuer == issuer.subject)


def examine(row: dict[str, Any], key: str | None, certificate: str | None, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the days a certificate has left, whether it fits its row, and why a new one is needed, if it is.

    `wanted` holds the authority's certificate and the days that a new certificate is valid.
    """
    fault = _fault(row, key, certificate, wanted["ca_certificate"])
    left = days_left(certificate)
    due = left is not None and left * 3 < wanted["validity_days"]
    reason = fault or (f"{left} days are left of {wanted['validity_days']}" if due else "")
    return {"name": row["name"], "days_left": left, "fits": not fault, "reason": reason}


def _fault(row: dict[str, Any], key: str | None, certificate: str | None, authority: str) -> str:
    if not usable_key(key):
        return "there is no usable key" if key else "there is no key yet"
    if certificate is None:
        return "there is no certificate yet"
    try:
        checks = {
            "it is not for this key": key_fits(certificate, str(key)),
            "it is from another authority": issued_by(certificate, authority),
            "it is for other names": names_of(certificate) == {_canonical(name) for name in row["names"]},
        }
    except ValueError:
        return "it is not readable"
    return next((fault for fault, good in checks.items() if not good), "")


def _canonical(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def _general_name(name: str) -> Any:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: str) -> Any:
    return serialization.load_pem_private_key(key.encode(), None)


def _first(certificate: str) -> Any:
    return x509.load_pem_x509_certificate(certificate.encode())


def _public(holder: Any) -> bytes:
    return bytes(
        holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _not_after(certificate: Any) -> datetime:
    # Debian 12 has a release of the library without the attribute that knows its time zone.
    if hasattr(certificate, "not_valid_after_utc"):
        return datetime.fromtimestamp(certificate.not_valid_after_utc.timestamp(), UTC)
    return datetime.fromtimestamp(certificate.not_valid_after.replace(tzinfo=UTC).timestamp(), UTC)
