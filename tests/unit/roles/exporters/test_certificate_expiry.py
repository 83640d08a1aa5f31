"""What Prometheus is told of a host's certificates."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certificate_expiry
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SOON = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
KEY_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def certificate(name: str = "redis.example.com", end: datetime = SOON) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(subject, subject, KEY.public_key(), 1, end - timedelta(days=9), end)
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def told(directory: Path) -> dict[tuple[str, str], int]:
    """Return what the page says: path below the directory and subject, to expiry."""
    rows = re.findall(r'^\w+\{path="(.*?)",subject="(.*)"\} (\d+)$', certificate_expiry.page(directory), re.MULTILINE)
    return {(path.removeprefix(f"{directory}/"), subject): int(end) for path, subject, end in rows}


def test_each_certificate_is_told_with_its_expiry(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "ca.pem").write_text(certificate("authority", SOON + timedelta(days=1)))
    (tmp_path / "redis/cert.pem").write_text(certificate())
    end = int(SOON.timestamp())
    assert told(tmp_path) == {("ca.pem", "CN=authority"): end + 86400, ("redis/cert.pem", "CN=redis.example.com"): end}


def test_a_chain_is_told_by_its_subjects_and_equal_ones_by_the_first_to_expire(tmp_path: Path) -> None:
    earlier = certificate(end=SOON - timedelta(days=1))
    (tmp_path / "combined.pem").write_text(certificate() + earlier + certificate("authority") + KEY_PEM)
    end = int(SOON.timestamp())
    assert told(tmp_path) == {
        ("combined.pem", "CN=redis.example.com"): end - 86400,
        ("combined.pem", "CN=authority"): end,
    }


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nbm8=\n",
    ],
)
def test_what_cannot_be_read_has_expired(tmp_path: Path, text: str) -> None:
    (tmp_path / "cert.pem").write_text(text)
    assert told(tmp_path) == {("cert.pem", ""): 0}


def test_keys_and_requests_are_no_certificates(tmp_path: Path) -> None:
    (tmp_path / "key.pem").mkdir()
    (tmp_path / "other.pem").write_text(KEY_PEM)
    (tmp_path / "request.pem").write_text(
        "-----BEGIN CERTIFICATE REQUEST-----\nbm8=\n-----END CERTIFICATE REQUEST-----"
    )
    assert told(tmp_path) == {}


def test_no_directory_gives_a_page_without_rows(tmp_path: Path) -> None:
    page = certificate_expiry.page(tmp_path / "missing")
    assert [line.split()[:2] for line in page.splitlines()] == [["#", "HELP"], ["#", "TYPE"]]


def test_a_strange_name_cannot_break_out_of_its_label(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text(certificate('a"} 1\nb\\'))
    (line,) = certificate_expiry.page(tmp_path).splitlines()[2:]
    assert re.fullmatch(r'\w+\{path="[^"]*",subject="(?:[^"\\]|\\.)*"\} \d+', line)


def test_a_file_is_replaced_whole_and_readable_by_all(tmp_path: Path) -> None:
    target = tmp_path / "certificates.prom"
    target.write_text("old")
    certificate_expiry.write(target, "new\n")
    assert target.read_text() == "new\n"
    assert target.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "certificates.prom"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        certificate_expiry.write(target, "\ud800")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
