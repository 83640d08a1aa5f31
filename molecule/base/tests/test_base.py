"""What a host has after the base role, seen from a program that runs on it."""

from __future__ import annotations

from testinfra.host import Host

testinfra_hosts = ["ansible://all"]


def test_the_host_resolves_itself_without_dns(host: Host) -> None:
    name = host.check_output("hostname")
    assert host.check_output("getent ahostsv4 %s", name).split()[0] in host.check_output("hostname -I").split()


def test_the_operator_s_own_names_resolve_without_dns(host: Host) -> None:
    assert host.check_output("getent ahostsv4 relay.example.com").split()[0] == "192.0.2.250"


def test_services_may_open_as_many_files_as_configured(host: Host) -> None:
    limit = host.check_output("systemd-run --quiet --wait --pipe sh -c 'ulimit -Sn'")
    assert int(limit) == 8192


def test_the_journal_outlives_a_reboot(host: Host) -> None:
    host.check_output("logger --tag base-test 'kept on disk'")
    host.check_output("journalctl --sync")
    assert "kept on disk" in host.check_output("journalctl --directory=/var/log/journal -t base-test -n 1 -o cat")


def test_network_settings_of_the_kernel_are_in_force(host: Host) -> None:
    assert host.sysctl("net.core.somaxconn") == 4096


def test_nothing_failed_at_start(host: Host) -> None:
    assert host.check_output("systemctl list-units --failed --plain --no-legend").strip() == ""
