"""Each thing that has figures is read once, by the address at which it shows them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from ansible_collections.privatechat.platform.plugins.plugin_utils._scrape_targets import ScrapeError, scrape_targets
from house import tree

DOMAIN = "privatechat.internal"
TIERS = yaml.safe_load(tree.text("playbooks/vars/platform.yml"))["platform_tiers"]
EVERYWHERE = ["edge", "chat", "etcd", "postgresql", "redis", "rabbitmq", "monitoring"]


def topology(hosts: dict[str, tuple[str, list[str]]]) -> dict[str, Any]:
    tiers: dict[str, Any] = {tier: {"members": []} for tier in TIERS}
    for name, (address, of) in hosts.items():
        for tier in of:
            tiers[tier]["members"].append({"name": name, "address": address})
    return {"tiers": tiers, "hosts": {name: {"name": name, "address": address} for name, (address, _) in hosts.items()}}


def process(name: str, host: str, address: str, port: int) -> dict[str, Any]:
    return {"name": name, "host": host, "address": address, "port": port - 1100, "metrics_port": port, "serves": []}


ONE = topology({"node1": ("192.0.2.11", EVERYWHERE)})
MAIN = process("main", "node1", "192.0.2.11", 9180)
MANY = topology(
    {
        "edge1": ("192.0.2.11", ["edge"]),
        "node1": ("2001:db8::21", ["edge", "chat"]),
        "data1": ("192.0.2.31", ["redis", "postgresql"]),
        "data2": ("192.0.2.32", ["redis", "postgresql"]),
    }
)


def computed(known: dict[str, Any], *processes: dict[str, Any], tiers: Any = None) -> dict[str, dict[str, Any]]:
    jobs = scrape_targets(known, tiers or TIERS, {"metrics": 9300}, processes, DOMAIN)
    return {job["job"]: job for job in jobs}


def addresses(job: dict[str, Any]) -> list[str]:
    return [target["address"] for target in job["targets"]]


def test_one_host_has_every_job_once() -> None:
    jobs = computed(ONE, MAIN)
    assert " ".join(jobs) == "node etcd postgresql patroni redis sentinel rabbitmq haproxy synapse"
    assert [len(job["targets"]) for job in jobs.values()] == [1] * 9


def test_every_host_is_read_whatever_its_tiers() -> None:
    wanted = ["192.0.2.31:9300", "192.0.2.32:9300", "192.0.2.11:9300", "[2001:db8::21]:9300"]
    assert addresses(computed(MANY)["node"]) == wanted


def test_a_host_in_two_tiers_with_the_same_figures_is_one_target() -> None:
    assert addresses(computed(MANY)["haproxy"]) == ["192.0.2.11:8405", "[2001:db8::21]:8405"]


def test_an_exporter_is_told_whom_to_ask() -> None:
    jobs = computed(MANY)
    assert jobs["redis"]["path"] == jobs["sentinel"]["path"] == "/scrape"
    assert [target["asks"] for target in jobs["sentinel"]["targets"]] == [
        "rediss://192.0.2.31:26379",
        "rediss://192.0.2.32:26379",
    ]
    assert addresses(jobs["redis"]) == addresses(jobs["sentinel"]) == ["192.0.2.31:9321", "192.0.2.32:9321"]


def test_figures_over_https_are_verified_by_the_tier_s_name() -> None:
    jobs = computed(MANY)
    assert (jobs["patroni"]["scheme"], jobs["patroni"]["server_name"]) == ("https", f"postgresql.{DOMAIN}")
    assert [name for name, job in jobs.items() if "server_name" in job or job["scheme"] == "https"] == ["patroni"]


def test_targets_say_host_and_process() -> None:
    jobs = computed(ONE, MAIN, process("generic1", "node1", "2001:db8::11", 9181))
    assert jobs["node"]["targets"][0]["labels"] == {"instance": "node1", "host": "node1"}
    assert jobs["synapse"]["path"] == "/_synapse/metrics"
    assert jobs["synapse"]["targets"] == [
        {
            "address": "192.0.2.11:9180",
            "labels": {"instance": "node1/main", "host": "node1", "process": "main"},
        },
        {
            "address": "[2001:db8::11]:9181",
            "labels": {"instance": "node1/generic1", "host": "node1", "process": "generic1"},
        },
    ]


@pytest.mark.parametrize(("key", "name"), [("port", "nowhere"), ("asks", "nowhere"), ("port", "range")])
def test_a_port_that_is_none_is_refused(key: str, name: str) -> None:
    tiers = copy.deepcopy(TIERS)
    tiers["redis"]["ports"]["range"] = "100-200"
    tiers["redis"]["metrics"][0][key] = name
    with pytest.raises(ScrapeError, match=rf"job 'redis' of the tier 'redis': its {key} is '{name}', .*Name one."):
        computed(ONE, tiers=tiers)


def test_a_job_that_two_tiers_describe_differently_is_refused() -> None:
    tiers = copy.deepcopy(TIERS)
    tiers["edge"]["metrics"][0]["server_name"] = "edge"
    with pytest.raises(ScrapeError, match="'haproxy' in two ways: the tiers chat, edge differ"):
        computed(ONE, tiers=tiers)
