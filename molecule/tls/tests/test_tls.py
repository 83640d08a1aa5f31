"""A client that trusts only the platform's authority is served, keys stay with their service, renewal works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host
from testkit.playbook import Run, play
from testkit.wait import port_answers

# Each run of the playbook works on all hosts; one of them shows what came of it.
testinfra_hosts = ["ansible://node1"]
Secure = Callable[..., Run]
TLS = "/etc/privatechat/tls"
PORT = 14433
# A server with the service's certificate, that asks its clients for one too.
SERVER = f"openssl s_server -accept {PORT} -cert {TLS}/redis/cert.pem -key {TLS}/redis/key.pem -CAfile {TLS}/ca.pem"
# A client that trusts nothing but the platform's authority.
CLIENT = f"openssl s_client -connect 127.0.0.1:{PORT} -CAfile {TLS}/ca.pem -verify_return_error -brief"


@pytest.fixture
def server(host: Host) -> Iterator[None]:
    host.check_output(f"systemd-run --quiet --unit tls-test {SERVER} -Verify 1 -quiet")
    port_answers(host, "127.0.0.1", PORT)
    yield
    host.run("systemctl stop tls-test")


@pytest.fixture
def secure(pytestconfig: pytest.Config) -> Secure:
    """Return a function that gives the nodes of the inventory under test their certificates."""
    return lambda *arguments: play("topology secrets tls", pytestconfig.getoption("ansible_inventory"), *arguments)


def serial(host: Host, name: str) -> str:
    return host.check_output(f"openssl x509 -in {TLS}/{name}/cert.pem -noout -serial")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", ["redis.privatechat.internal", "localhost", "OWN"])
def test_a_client_that_trusts_only_our_authority_verifies_the_service(host: Host, name: str) -> None:
    name = host.check_output("hostname") if name == "OWN" else name
    own = f"-cert {TLS}/redis/cert.pem -key {TLS}/redis/key.pem"
    answer = host.run(f"echo | {CLIENT} -verify_hostname {name} {own}")
    assert answer.rc == 0, answer.stderr
    assert "Verification: OK" in answer.stderr


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("options", ["-verify_hostname other.example", "-no-CAfile -verify_hostname localhost"])
def test_another_name_or_authority_is_refused(host: Host, options: str) -> None:
    client = CLIENT.replace(f"-CAfile {TLS}/ca.pem ", "") if "-no-CAfile" in options else CLIENT
    assert host.run(f"echo | {client} {options}").rc != 0


def test_a_key_is_its_services_alone(host: Host) -> None:
    assert host.run(f"runuser -u redis -- cat {TLS}/redis/key.pem").rc == 0
    for user, name in (("redis", "etcd"), ("nobody", "redis"), ("nobody", "edge")):
        assert host.run(f"runuser -u {user} -- cat {TLS}/{name}/key.pem").rc != 0
    assert host.run(f"runuser -u nobody -- cat {TLS}/edge/combined.pem").rc != 0
    assert host.run(f"runuser -u nobody -- cat {TLS}/ca.pem").rc == 0


def test_the_authoritys_key_is_nowhere_on_the_host(host: Host) -> None:
    public = host.check_output(f"openssl x509 -in {TLS}/ca.pem -noout -pubkey")
    keys = host.check_output("grep -rslI -e 'PRIVATE KEY' /etc /home /opt /root /run /srv /tmp /usr/local /var || true")
    found = keys.split()
    assert f"{TLS}/redis/key.pem" in found
    assert [path for path in found if host.run(f"openssl pkey -in {path} -pubout").stdout == public] == []


def test_a_certificate_is_renewed_in_time_and_its_key_is_kept(host: Host, secure: Secure) -> None:
    before, key = serial(host, "redis"), host.check_output(f"sha256sum {TLS}/redis/key.pem")
    # 397 days are less than a third of 1200, so all certificates are due.
    arguments = ["-e", "tls_validity_days=1200"]
    renewed = secure(*arguments)
    assert renewed.status == 0, renewed.output
    assert serial(host, "redis") != before
    assert host.check_output(f"sha256sum {TLS}/redis/key.pem") == key
    assert host.run(f"openssl verify -CAfile {TLS}/ca.pem {TLS}/redis/cert.pem").rc == 0
    again = secure(*arguments)
    assert (again.status, again.changed) == (0, 0), again.output


def test_a_run_that_died_before_certificates_were_signed_is_finished_by_the_next(host: Host, secure: Secure) -> None:
    host.check_output(f"rm {TLS}/edge/cert.pem {TLS}/redis/key.pem")
    assert secure().status == 0
    for name in ("edge", "redis"):
        certificate = host.check_output(f"openssl x509 -in {TLS}/{name}/cert.pem -noout -pubkey")
        assert host.check_output(f"openssl pkey -in {TLS}/{name}/key.pem -pubout") == certificate
    assert host.check_output(f"cat {TLS}/edge/cert.pem {TLS}/edge/key.pem") == host.check_output(
        f"cat {TLS}/edge/combined.pem"
    )


def test_an_operators_own_certificate_serves_the_public_name(host: Host, secure: Secure, tmp_path: Path) -> None:
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=own"
    made += " -addext subjectAltName=DNS:chat.example.com -keyout /dev/stdout -out /dev/stdout"
    text = host.check_output(made)
    split = text.index("-----BEGIN CERTIFICATE")
    (tmp_path / "key.pem").write_text(text[:split])
    (tmp_path / "cert.pem").write_text(text[split:] + "\n")
    files: dict[str, Any] = {"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    settings = ["-e", "platform_certificate_source=provided"]
    for name, path in files.items():
        settings += ["-e", f"platform_public_{name}_file={path}"]
    assert secure(*settings).status == 0
    served = host.check_output(f"openssl x509 -in {TLS}/edge/cert.pem -noout -subject -nameopt RFC2253")
    assert served == "subject=CN=own"
    assert secure(*settings).changed == 0
    # Back to the internal authority.
    assert secure().status == 0
    assert host.run(f"openssl verify -CAfile {TLS}/ca.pem {TLS}/edge/cert.pem").rc == 0
