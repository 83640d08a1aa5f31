"""Certificates of a host: keys stay, requests are made for what is in need, and nothing is left half replaced."""

from __future__ import annotations

import getpass
import grp
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ansible_collections.privatechat.platform.plugins.modules import host_certificates
from ansible_collections.privatechat.platform.plugins.plugin_utils import _secrets

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
ROW = {"name": "redis", "common_name": "redis.internal", "names": ["redis.internal", "192.0.2.1", "fd00::1"], **ME}
AUTHORITY = _secrets.make_authority("Test authority")
OTHER = _secrets.make_authority("Test authority")
Run = Callable[..., dict[str, Any]]


def sign(csr: str, *, days: int = 397, authority: tuple[str, str] = AUTHORITY) -> str:
    """Return a certificate for the request, as the control machine would make it."""
    request = x509.load_pem_x509_csr(csr.encode())
    key: Any = load_pem_private_key(authority[0].encode(), None)
    builder = x509.CertificateBuilder(
        issuer_name=x509.load_pem_x509_certificate(authority[1].encode()).subject,
        subject_name=request.subject,
        public_key=request.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=datetime.now(UTC) - timedelta(hours=1),
        not_valid_after=datetime.now(UTC) + timedelta(days=days, hours=1),
    )
    for extension in request.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def run(run_module: Run, tmp_path: Path) -> Run:
    """Return a function that runs the module on a directory of its own, as whoever runs the tests."""

    def run(row: dict[str, Any] | None = None, *, check: bool = False, **more: Any) -> dict[str, Any]:
        args = {"directory": str(tmp_path), "certificates": [{**ROW, **(row or {})}], "ca_certificate": AUTHORITY[1]}
        return run_module(host_certificates.main, {**args, **more}, check=check)

    return run


def issue(run: Run, row: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Ask, sign, put in place."""
    (request,) = run(row)["requests"]
    return run(row, signed={request["name"]: sign(request["csr"], **options)})


def test_check_ask_sign_check(run: Run, tmp_path: Path) -> None:
    assert run(check=True)["changed"]
    assert not list(tmp_path.iterdir())
    (request,) = run()["requests"]
    assert request["reason"] == "there is no key yet"
    assert not (tmp_path / "ca.pem").exists()
    assert run(signed={"redis": sign(request["csr"])})["changed"]
    assert (tmp_path / "ca.pem").read_text() == AUTHORITY[1]
    assert (tmp_path / "redis" / "key.pem").stat().st_mode & 0o777 == 0o600
    for check in (True, False):
        answer = run(check=check)
        assert (answer["changed"], answer["requests"]) == (False, [])
        assert answer["certificates"] == [{"name": "redis", "days_left": 397, "fits": True, "reason": ""}]


def test_a_run_that_died_before_signing_asks_again_with_the_same_key(run: Run, tmp_path: Path) -> None:
    run()
    key = (tmp_path / "redis" / "key.pem").read_text()
    assert len(run()["requests"]) == 1
    issue(run)
    assert (tmp_path / "redis" / "key.pem").read_text() == key


def test_a_certificate_is_renewed_when_less_than_a_third_is_left(run: Run) -> None:
    issue(run, days=100)
    (request,) = run()["requests"]
    assert request["reason"] == "100 days are left of 397"
    assert run(validity_days=300)["requests"] == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"row": {"names": ["redis.internal"]}}, "it is for other names"),
        ({"ca_certificate": OTHER[1]}, "it is from another authority"),
    ],
)
def test_a_certificate_that_no_longer_fits_is_asked_for_again(run: Run, changed: dict[str, Any], reason: str) -> None:
    issue(run)
    answer = run(**changed)
    assert answer["requests"][0]["reason"] == reason
    assert not answer["certificates"][0]["fits"]


def test_a_lost_key_or_a_broken_certificate_is_made_anew(run: Run, tmp_path: Path) -> None:
    issue(run)
    (tmp_path / "redis" / "key.pem").write_text("broken")
    assert run()["requests"][0]["reason"] == "there is no usable key"
    assert run()["requests"][0]["reason"] == "it is not for this key"
    (tmp_path / "redis" / "cert.pem").write_text("broken")
    assert run()["requests"][0]["reason"] == "it is not readable"
    issue(run)
    assert not run()["changed"]


def test_another_authoritys_certificate_is_not_put_in_place(run: Run, tmp_path: Path) -> None:
    answer = issue(run, authority=OTHER)
    assert answer["failed"]
    assert "do not fit their requests ('redis': it is from another authority)" in answer["msg"]
    assert not (tmp_path / "redis" / "cert.pem").exists()


def test_a_combined_file_follows_its_parts(run: Run, tmp_path: Path) -> None:
    issue(run, {"combined": True})
    combined, folder = tmp_path / "redis" / "combined.pem", tmp_path / "redis"
    assert combined.read_text() == (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    assert combined.stat().st_mode & 0o777 == 0o600
    combined.write_text("half written")
    assert run({"combined": True})["changed_paths"] == [str(combined)]
    assert not run({"combined": True})["changed"]


def test_an_operators_certificate_takes_the_place_of_a_public_one(run: Run, tmp_path: Path) -> None:
    provided = {"certificate": OTHER[1], "key": OTHER[0]}
    answer = run({"public": True, "combined": True}, provided=provided)
    assert (answer["requests"], answer["certificates"][0]["days_left"]) == ([], 3649)
    assert OTHER[0] not in str(answer)
    assert (tmp_path / "redis" / "cert.pem").read_text() == OTHER[1]
    assert not run({"public": True, "combined": True}, provided=provided)["changed"]
    assert len(run({"public": False}, provided=provided)["requests"]) == 1


def test_a_bare_host_is_an_error_but_not_in_check_mode(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run({"owner": "nobody-yet"}, check=True)["changed"]
    assert "'redis' for nobody-yet:" in run({"owner": "nobody-yet"})["msg"]
    monkeypatch.setattr(host_certificates._certificates, "HAS_CRYPTOGRAPHY", False)
    assert run(check=True)["certificates"][0]["reason"] == "python3-cryptography is not installed"
    assert "Install it" in run()["msg"]
