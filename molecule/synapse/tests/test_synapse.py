"""The chat server from outside: who may do what, and what a process may."""

from __future__ import annotations

from pathlib import Path

import pytest
from testinfra.host import Host
from testkit import nodes, wait
from testkit.chat import CLIENT, Chat
from testkit.playbook import given, play
from testkit.processes import unit

testinfra_hosts = ["ansible://chat"]

KEY = "/etc/matrix-synapse/secrets/signing.key"


def test_the_administrator_s_account_administers(main: Chat) -> None:
    assert main.log_in("admin", main.secrets["platform_secret_admin_password"]) == 200
    status, users = main.ask("GET", "/_synapse/admin/v2/users?from=0&limit=10")
    assert status == 200
    assert {user["name"] for user in users["users"]} >= {f"@admin:{main.domain}", f"@verify-alice:{main.domain}"}


def test_other_accounts_do_not(main: Chat) -> None:
    assert main.log_in_as("alice").ask("GET", "/_synapse/admin/v2/users")[0] == 403


def test_a_wrong_password_is_refused(generic: Chat) -> None:
    assert generic.log_in("verify-alice", "wrong") == 403


def test_nobody_registers_alone_or_with_a_wrong_secret(main: Chat) -> None:
    assert main.ask("POST", f"{CLIENT}/register", {"username": "mallory", "password": "x"})[0] in (401, 403)
    nonce = main.ask("GET", "/_synapse/admin/v1/register")[1]["nonce"]
    forged = {"nonce": nonce, "username": "mallory", "password": "x", "admin": True, "mac": "00" * 20}
    assert main.ask("POST", "/_synapse/admin/v1/register", forged)[0] == 403


def test_a_broken_configuration_is_refused_and_the_present_one_stays(host: Host) -> None:
    python = host.check_output("ls -d /opt/synapse/*/bin/python")
    host.check_output("rm -rf /tmp/broken && mkdir -p /tmp/broken/etc && cp -r /etc/matrix-synapse /tmp/broken/etc/")
    good = host.run("sh /opt/synapse/check_configuration /tmp/broken %s", python)
    assert good.succeeded, good.stderr
    host.check_output("sed -i '$ a worker_log_config: [7]' /tmp/broken/etc/matrix-synapse/workers/generic*.yaml")
    worker = host.run("sh /opt/synapse/check_configuration /tmp/broken %s", python)
    assert worker.failed
    assert "workers/generic" in worker.stderr
    host.check_output("echo 'max_upload_size: [' >> /tmp/broken/etc/matrix-synapse/homeserver.yaml")
    shared = host.run("sh /opt/synapse/check_configuration /tmp/broken %s", python)
    assert shared.failed
    assert "homeserver.yaml" in shared.stdout + shared.stderr
    host.check_output("rm -rf /tmp/broken")


def test_processes_may_do_little(host: Host, own: dict[str, object]) -> None:
    for name in own:
        number = host.check_output("systemctl show --property=MainPID --value %s", unit(name))
        assert host.check_output("ps -o user= -p %s", number).strip() == "matrix-synapse"
        inside = f"nsenter --target {number} --mount --setuid 0 --"
        assert host.run(f"{inside} touch /etc/matrix-synapse/x").failed
        assert host.run(f"{inside} touch /var/lib/matrix-synapse/x").succeeded
        host.check_output("rm -f /var/lib/matrix-synapse/x")
        exposure = host.check_output("systemd-analyze security --no-pager %s", unit(name)).splitlines()[-1]
        assert float(exposure.split(":")[1].split()[0]) < 2.5, exposure
        complaints = host.run("systemd-analyze verify %s", unit(name))
        assert [line for line in complaints.stderr.splitlines() if "synapse" in line and "Unknown" in line] == []


def test_others_read_no_secret(host: Host, main: Chat) -> None:
    assert host.run("sudo -u nobody ls /etc/matrix-synapse/secrets").failed
    everything = host.check_output("cat /etc/matrix-synapse/*.yaml /etc/matrix-synapse/workers/*.yaml")
    for name, text in main.secrets.items():
        assert str(text).strip() not in everything, name


@pytest.mark.fault
def test_all_processes_of_a_host_stop_and_start_as_one(host: Host, own: dict[str, object], generic: Chat) -> None:
    host.check_output("systemctl stop synapse.target")
    try:
        assert host.run("systemctl is-active 'synapse-*.service'").stdout == ""
    finally:
        host.check_output("systemctl start synapse.target")
    running = "systemctl list-units --plain --no-legend --state=active 'synapse-*.service'"
    assert len(host.check_output(running).splitlines()) == len(own)
    wait.until(lambda: generic.ask("GET", f"{CLIENT}/sync")[0] == 401, what="the generic worker answering")


@pytest.mark.fault
def test_a_host_with_another_signing_key_is_refused(host: Host, pytestconfig: pytest.Config) -> None:
    host.check_output(f"cp -p {KEY} /root/signing.key && echo 'ed25519 a_foreign QUFB' > {KEY}")
    try:
        foreign = host.check_output(f"stat --format=%Y {KEY} && cat {KEY}")
        refused = play("chat", Path(pytestconfig.getoption("ansible_inventory")), "--tags", "synapse")
        assert refused.status == 2
        words = " ".join(refused.output.split())
        assert "this host has ed25519 a_foreign with the fingerprint" in words, refused.output
        assert "QUFB" not in words
        assert host.check_output(f"stat --format=%Y {KEY} && cat {KEY}") == foreign
    finally:
        host.check_output(f"cp -p /root/signing.key {KEY} && rm /root/signing.key")


def test_a_run_that_leaves_a_host_out_changes_no_division_of_work(
    own: dict[str, object], plan: dict[str, dict[str, str]], pytestconfig: pytest.Config
) -> None:
    if "main" not in own:
        pytest.skip("one run tells for both hosts")
    first, second = plan["main"]["host"], plan["streams1"]["host"]
    swapped = given(platform_chat_places=[second, first])
    run = play("topology synapse", pytestconfig.getoption("ansible_inventory"), "--check", "--limit", second, *swapped)
    assert run.status == 2, run.output
    assert "Cannot change which process does what" in " ".join(run.output.split()), run.output


@pytest.mark.fault
def test_hosts_restart_in_turn_and_main_comes_first(
    own: dict[str, object], plan: dict[str, dict[str, str]], pytestconfig: pytest.Config
) -> None:
    if "main" not in own:
        pytest.skip("one run tells for both hosts")
    hosts = {nodes.name(host): host for host in nodes.of(pytestconfig, "chat")}

    def started(name: str) -> int:
        show = "systemctl show --property=ActiveEnterTimestampMonotonic --value %s"
        return int(hosts[plan[name]["host"]].check_output(show, unit(name)))

    before = {name: started(name) for name in plan}
    for host in hosts.values():
        host.check_output("touch /etc/matrix-synapse/homeserver.yaml")
    run = play("topology synapse", pytestconfig.getoption("ansible_inventory"))
    assert run.status == 0, run.output
    # Nodes share the clock of one kernel.
    after = {name: started(name) for name in plan}
    assert all(after[name] > before[name] for name in plan)
    assert min(after, key=lambda name: after[name]) == "main"
    assert max(after[name] for name in own) < min(after[name] for name in plan if name not in own)
