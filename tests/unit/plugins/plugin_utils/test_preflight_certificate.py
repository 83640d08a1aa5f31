"""An operator's own certificate is refused when browsers would refuse it, before it is laid down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.privatechat.platform.plugins.plugin_utils._preflight_certificate import certificate_problems

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    private = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()).decode()


def certificate(*names: str, begin: int = -1, end: int = 90) -> str:
    """Return a certificate for the names, valid from and until these days from now."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(subject, subject, KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW + timedelta(days=begin)).not_valid_after(NOW + timedelta(days=end))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("names", [["chat.example.com"], ["a.example", "CHAT.example.com"], ["*.example.com"]])
def test_a_certificate_for_the_name_and_its_key_pass(names: list[str]) -> None:
    assert list(certificate_problems(certificate(*names), pem(KEY), "chat.example.com", NOW)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (certificate("www.example.com"), "does not cover platform_public_name 'chat.example.com': its names are www"),
        (certificate("*.com"), "does not cover"),
        (certificate(), "its names are none"),
        (certificate("chat.example.com", begin=-9, end=-1), "expired on 2026-05-31"),
        (certificate("chat.example.com", begin=1), "is not valid before 2026-06-02"),
        ("no certificate", "is not readable as PEM"),
    ],
)
def test_a_certificate_that_clients_would_refuse_is_found(text: str, words: str) -> None:
    (problem,) = certificate_problems(text, pem(KEY), "chat.example.com", NOW)
    assert words in problem


@pytest.mark.parametrize(
    ("key", "words"),
    [(pem(ec.generate_private_key(ec.SECP256R1())), "does not match"), ("no key", "is not readable as PEM")],
)
def test_a_key_that_does_not_belong_is_found(key: str, words: str) -> None:
    (problem,) = certificate_problems(certificate("chat.example.com"), key, "chat.example.com", NOW)
    assert words in problem
    assert key not in problem
