"""What the role of etcd concludes from answers of members: who is in the cluster, and whether it may be formed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from render import rendering

from house import tree

INPUTS = rendering.variables("etcd", "largest", "13")
OWN = "https://[2001:db8::11]"
URLS = [OWN, "https://192.0.2.12", "https://192.0.2.13"]


def concluded(expression: str, **known: Any) -> Any:
    """Return the value of an expression of the role on host1, the first of three members."""
    return rendering.value_of(expression, {**INPUTS, **known})


@pytest.mark.parametrize("sample", ["smallest", "largest"])
def test_without_word_of_its_cluster_a_member_is_in_none_and_the_word_is_good_for_one_start(sample: str) -> None:
    written = rendering.written("etcd", sample, "13")
    settings = dict(line.split("=", 1) for line in written["/etc/default/etcd"].splitlines() if line[:1].isalpha())
    names = [member.split("=")[0] for member in settings["ETCD_INITIAL_CLUSTER"].split(",")]
    assert names
    assert settings["ETCD_NAME"] not in names
    unit = written["/etc/systemd/system/etcd.service.d/50-privatechat.conf"].splitlines()
    assert "EnvironmentFile=-/etc/etcd/bootstrap.env" in unit
    assert "ExecStartPost=+/usr/bin/rm --force /etc/etcd/bootstrap.env" in unit


def test_debian_s_own_settings_never_run() -> None:
    presets = rendering.value_of("__etcd_package_presets", INPUTS)
    assert [preset["content"] for preset in presets] == [
        "[Unit]\nConditionPathExists=/etc/systemd/system/etcd.service.d/50-privatechat.conf\n"
    ]
    wiring = rendering.load("playbooks/vars/base.yml")["base_package_presets"]
    known = {**INPUTS, "__base_tiers": ["etcd"], "__postgresql_package_presets": [], "wiring": wiring}
    assert rendering.value_of("wiring", known) == presets


def findings(*healthy: str, known: list[str]) -> dict[str, Any]:
    """Return what verify says of the cluster when the member knows these hosts and those are healthy."""
    rows = [{"endpoint": f"{url}:2379", "health": url in healthy} for url in known]
    tasks = list(tree.tasks_in(rendering.load("roles/etcd/tasks/verify.yml")))
    silent = {"stdout": "[]", "stderr": "", "msg": ""}
    answers = {"__etcd_status": silent, "__etcd_health": {"stdout": json.dumps(rows)}}
    told = tasks[-1]["ansible.builtin.set_fact"]["etcd_findings"]
    return dict(concluded("told", **answers, **tasks[-1]["vars"], told=told)[1])


def test_the_members_of_the_inventory_and_no_others_are_the_cluster() -> None:
    assert findings(*URLS, known=URLS) == {
        "subject": "consensus cluster",
        "ok": True,
        "found": "3 of 3 members healthy",
    }


@pytest.mark.parametrize(
    ("healthy", "known", "words"),
    [
        (URLS[:2], URLS, "2 of 3 members healthy"),
        ([OWN], [OWN], f"1 of 3 members healthy, the cluster of this one has {OWN}:2379"),
        ([*URLS, "https://192.0.2.14"], [*URLS, "https://192.0.2.14"], "4 of 3 members healthy, the cluster of"),
        ([], [], "0 of 3 members healthy"),
    ],
)
def test_a_store_with_other_members_is_not_the_cluster(healthy: list[str], known: list[str], words: str) -> None:
    judged = findings(*healthy, known=known)
    assert not judged["ok"]
    assert words in judged["found"]


def cluster(*members: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of two members to a third, which asks who is in the cluster."""
    answer = {"json": {"members": list(members)}, "item": {"name": "host2"}}
    return {"__etcd_answers": {"results": [{"msg": "refused", "item": {"name": "host3"}}, answer]}}


HOST2 = {"ID": "2", "name": "host2", "peerURLs": [f"{URLS[1]}:2380"]}


@pytest.mark.parametrize(
    "before",
    [
        {"ID": "1", "name": "host1", "peerURLs": [f"{OWN}:2380"]},
        {"ID": "1", "name": "host1", "peerURLs": ["https://192.0.2.99:2380"]},
        {"ID": "1", "peerURLs": [f"{OWN}:2380"]},
    ],
    ids=["lost its data", "replaced under another address", "announced and never started"],
)
def test_what_a_host_was_before_is_known_by_its_name_or_its_address(before: dict[str, Any]) -> None:
    answers = cluster(HOST2, before)
    assert concluded("__etcd_itself", **answers) == [before]
    assert concluded("__etcd_the_rest_as_given", **answers) == [f"host2={URLS[1]}:2380"]
    assert concluded("__etcd_strangers", **answers) == []


def test_a_member_that_the_inventory_does_not_name_is_a_stranger() -> None:
    gone = {"ID": "4", "name": "host4", "peerURLs": ["https://192.0.2.14:2380"]}
    assert concluded("__etcd_strangers", **cluster(HOST2, gone)) == ["https://192.0.2.14:2380"]


@pytest.mark.parametrize(
    ("run", "lost", "with_data", "forms"),
    [
        (["host1", "host2", "host3"], [], [], True),
        (["host1", "host2"], [], [], False),
        (["host1", "host2"], ["host3"], [], False),
        (["host1", "host2", "host3"], [], ["host3"], False),
    ],
    ids=["all and empty", "one left out", "one lost on the way", "one with data that does not answer"],
)
def test_a_cluster_is_formed_only_by_all_members_together(
    run: list[str], lost: list[str], with_data: list[str], *, forms: bool
) -> None:
    wiring = rendering.load("playbooks/vars/etcd.yml")
    hosts = {name: {"__etcd_data": {"stat": {"exists": name in with_data}}} for name in run + lost}
    known = {name: wiring[name] for name in ("etcd_form_cluster", "__etcd_runs_with_data")}
    known |= {"ansible_play_hosts": run, "ansible_play_hosts_all": run + lost}
    assert concluded("etcd_form_cluster", **known, hostvars=hosts) is forms
    # As it is judged before any host was asked.
    unasked: dict[str, dict[str, Any]] = {name: {} for name in run + lost}
    assert concluded("etcd_form_cluster", **known, hostvars=unasked) is (len(run) == 3)


@pytest.mark.parametrize(
    ("data", "joins", "forms", "goes_on"),
    [(True, False, False, True), (False, True, False, True), (False, False, True, True), (False, False, False, False)],
)
def test_a_member_without_data_and_company_is_refused(*, data: bool, joins: bool, forms: bool, goes_on: bool) -> None:
    tasks = tree.tasks_in(rendering.load("roles/etcd/tasks/cluster.yml"))
    condition = next(task["ansible.builtin.assert"]["that"] for task in tasks if "ansible.builtin.assert" in task)
    known = {"__etcd_data": {"stat": {"exists": data}}, "__etcd_joins_later": joins, "etcd_form_cluster": forms}
    assert concluded(condition, **known) is goes_on
