"""What a client of the database may and may not do, and what survives a crash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from testinfra.host import Host
from testkit.nodes import address
from testkit.postgresql import TLS, administer, query, secret

testinfra_hosts = ["ansible://postgresql"]
RUNBOOK = Path(__file__).parents[3] / "docs/runbooks/alerts/postgresql.md"


def test_a_client_with_the_password_writes_over_verified_tls(primary: Host) -> None:
    done = query(primary, "CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1); DROP TABLE t; SELECT 7")
    assert done.succeeded, done.stderr
    assert done.stdout.splitlines()[-1] == "7"


def test_the_session_is_tls_1_2_or_newer(host: Host) -> None:
    assert query(host, "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").stdout.startswith("TLSv1.")
    refused = query(host, "SELECT 1", options=f"{TLS} ssl_max_protocol_version=TLSv1.1 ssl_min_protocol_version=TLSv1")
    assert refused.failed


@pytest.mark.parametrize(
    ("options", "password", "words"),
    [
        ("sslmode=disable", None, "no encryption"),
        (TLS, "wrong", "password authentication failed"),
        (TLS.replace("/etc/privatechat/tls/ca.pem", "/etc/ssl/certs/ca-certificates.crt"), None, "verify failed"),
    ],
)
def test_who_does_not_belong_is_refused(host: Host, options: str, password: str | None, words: str) -> None:
    refused = query(host, "SELECT 1", options=options, password=password)
    assert refused.failed
    assert words in refused.stderr


def test_the_superuser_cannot_log_in_from_a_client(host: Host) -> None:
    target = f"host=127.0.0.1 user=postgres dbname=postgres {TLS}"
    word = secret(host, "postgresql_superuser_password")
    assert host.run("PGPASSWORD=%s psql -c 'SELECT 1' %s", word, target).failed


def test_the_chat_database_sorts_by_bytes_and_holds_utf_8(host: Host) -> None:
    found = administer(
        host,
        "SELECT datcollate, datctype, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'synapse'",
    )
    assert found == "C|C|UTF8"


def test_pages_carry_checksums(host: Host) -> None:
    assert administer(host, "SHOW data_checksums") == "on"


def test_only_members_learn_the_passwords(host: Host) -> None:
    assert host.run("sudo -u nobody cat /etc/patroni/secrets.env").failed
    assert secret(host, "postgresql_superuser_password") not in host.check_output("cat /etc/patroni/config.yml")


def test_the_rest_interface_needs_its_password_to_change_anything(host: Host) -> None:
    url = f"https://{address(host)}:8008/config"
    program = (
        "import sys, ssl, urllib.request as u; c = ssl.create_default_context(cafile='/etc/privatechat/tls/ca.pem');"
        "print(u.urlopen(u.Request(sys.argv[1], data=b'{}', method='PATCH'), context=c).status)"
    )
    refused = host.run("python3 -c %s %s", program, url)
    assert refused.failed
    assert "401" in refused.stderr


def test_root_switches_failover_off_and_on_as_the_runbook_says(primary: Host) -> None:
    (resume,) = re.findall(r"^`(patronictl [^`]*resume)`$", RUNBOOK.read_text(), re.MULTILINE)
    try:
        primary.check_output("patronictl pause")
        assert "Maintenance mode: on" in primary.check_output("patronictl list")
    finally:
        primary.check_output(resume)
    assert "Maintenance mode" not in primary.check_output("patronictl list")
