"""What is wrong with a certificate is told from its text, whatever kind of key its authority has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from ansible_collections.privatechat.platform.plugins.module_utils import _certificates

ELLIPTIC: Any = ec.generate_private_key(ec.SECP256R1())
RSA: Any = rsa.generate_private_key(65537, 2048)
ROW: dict[str, Any] = {"name": "a", "common_name": "a.example", "names": ["a.example", "FD00::1", "192.0.2.1"]}


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: x509.Name, public: Any, issuer: Any, extensions: Any = (), days: int = 397) -> str:
    builder = x509.CertificateBuilder(name("authority"), subject, public, x509.random_serial_number())
    builder = builder.not_valid_before(datetime.now(UTC)).not_valid_after(datetime.now(UTC) + timedelta(days, hours=1))
    for extension in extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("issuer", [ELLIPTIC, RSA])
def test_a_request_becomes_a_certificate_that_fits(issuer: Any) -> None:
    key = _certificates.make_key()
    request = x509.load_pem_x509_csr(_certificates.make_request(key, "a.example", ROW["names"]).encode())
    assert request.is_signature_valid
    leaf = certificate(request.subject, request.public_key(), issuer, request.extensions)
    wanted = {"ca_certificate": certificate(name("authority"), issuer.public_key(), issuer), "validity_days": 397}
    assert _certificates.examine(ROW, key, leaf, wanted) == {"name": "a", "days_left": 397, "fits": True, "reason": ""}
    wanted["ca_certificate"] = certificate(name("authority"), RSA.public_key(), RSA)
    if issuer is ELLIPTIC:
        assert _certificates.examine(ROW, key, leaf, wanted)["reason"] == "it is from another authority"


def test_a_request_is_for_serving_and_dialling_and_for_no_authority() -> None:
    request = x509.load_pem_x509_csr(_certificates.make_request(_certificates.make_key(), "a", ["a"]).encode())
    purposes = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {purpose._name for purpose in purposes} == {"serverAuth", "clientAuth"}
    assert request.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_names_are_compared_as_addresses_where_they_are() -> None:
    key = _certificates.make_key()
    request = x509.load_pem_x509_csr(_certificates.make_request(key, "a.example", ROW["names"]).encode())
    leaf = certificate(request.subject, request.public_key(), ELLIPTIC, request.extensions)
    assert _certificates.names_of(leaf) == {"a.example", "fd00::1", "192.0.2.1"}
    assert _certificates.names_of(certificate(name("x"), RSA.public_key(), RSA)) == set()


@pytest.mark.parametrize("text", [None, "", "broken"])
def test_text_that_is_no_key_or_certificate_is_no_error(text: str | None) -> None:
    assert not _certificates.usable_key(text)
    assert _certificates.days_left(text) is None


def test_an_expired_certificate_has_negative_days() -> None:
    leaf = certificate(name("x"), RSA.public_key(), RSA, days=0)
    assert _certificates.days_left(leaf) == 0
    assert _certificates.remaining(leaf) < timedelta(hours=2)
