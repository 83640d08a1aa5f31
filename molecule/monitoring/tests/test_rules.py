"""Each alert fires for the fault that it is for and is silent without it, as Prometheus of the node itself judges."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from testinfra.host import Host
from testkit.prometheus import Prometheus

testinfra_hosts = ["ansible://monitoring"]
TESTS = sorted(Path(__file__).with_name("rules").glob("*.yml"))
TEST = "/run/rules-under-test.yml"
RULES = sorted((Path(__file__).parents[3] / "roles/monitoring/files/rules").glob("*.yml"))
# A figure with its job; names with colons are of rules themselves.
FIGURE = re.compile(r"(?<![\w:])([a-z]\w*)\{[^}]*?\bjob=\"(\w+)\"")
TOLD = 'group by (__name__, job) ({__name__!=""})'
# What a container has not: a table of connections of its own, and arrays of disks.
NOT_HERE = {
    *[("node_nf_conntrack_entries", "node"), ("node_nf_conntrack_entries_limit", "node")],
    *[("node_md_disks", "node"), ("node_md_disks_required", "node")],
}
# What only the services of Debian 13 tell; rules do without.
NEWER = {("patroni_quorum_standby", "patroni"), ("rabbitmq_unreachable_cluster_peers_count", "rabbitmq")}


def test_the_rules_are_on_the_host(host: Host) -> None:
    present = host.check_output("ls /etc/prometheus/rules").split()
    assert TESTS
    assert {path.name for path in TESTS} <= set(present)


@pytest.mark.parametrize("file", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_fire_for_their_fault_and_are_silent_without_it(host: Host, file: Path) -> None:
    # The file names the rules by where they lie on the host.
    host.check_output(f"echo %s > {TEST}", file.read_text())
    judged = host.run(f"promtool test rules {TEST}")
    host.check_output(f"rm {TEST}")
    assert judged.succeeded, judged.stdout + judged.stderr


def test_every_figure_that_a_rule_asks_for_is_told_by_somebody(host: Host, watcher: Prometheus) -> None:
    rules = [rule for file in RULES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
    wanted = {found for rule in rules for found in FIGURE.findall(rule["expr"])}
    told = {
        (one["metric"]["__name__"], one["metric"]["job"])
        for one in watcher.api(f"query?query={quote(TOLD)}")["result"]
        if "job" in one["metric"]
    }
    absent = NOT_HERE | (NEWER if host.system_info.codename == "bookworm" else set())
    assert wanted >= NOT_HERE | NEWER
    assert sorted(wanted - told - absent) == []
