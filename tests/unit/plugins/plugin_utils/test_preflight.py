"""Each problem of inventory and hosts is found, named with what was found, and nothing else is reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_plans import PORTS

from ansible_collections.privatechat.platform.plugins.plugin_utils import _preflight

NOW = 1_800_000_000.0
NEEDS = {"memory_mb": 1000, "memory_mb_per_1000_users": 500, "cores": 2, "disk_gb": 5}
TIERS = {
    "redis": {"minimum": 1, "same_release": True, "needs": NEEDS, "ports": {"redis": 6379}, "units": ["redis.service"]},
    "chat": {
        "minimum": 1,
        "needs": {"disk_gb": 5},
        "ports": PORTS,
        "listeners": {"redis_primary": 16379},
        "units": ["synapse-*.service"],
    },
}
UNSET = ("platform_public_certificate_file", "platform_public_key_file", "platform_public_address")
SETTINGS = {
    **dict.fromkeys(UNSET, ""),
    "platform_chat_domain": "example.com",
    "platform_public_name": "chat.example.com",
    "platform_certificate_source": "internal",
    "platform_internal_domain": "chat.internal",
    **dict.fromkeys(("platform_admin_user", "platform_monitoring_user"), "admin"),
    "platform_users": 1000,
    "platform_chat_places": [],
    "platform_federation": False,
}
PLATFORM = {
    "tiers": TIERS,
    "flows": [],
    "asked": ["n1", "n2"],
    "began": NOW,
    "ended": NOW + 5,
    **dict.fromkeys(("secrets_file", "certificate", "key"), ""),
    "shared_secrets": [],
}
MACHINE = {
    "memory_mb": 5270,
    "cores": 3,
    "disks": {"/var/lib": {"total_gb": 40, "free_gb": 10}},
    "epoch": NOW + 2,
    "listening": [{"address": "0.0.0.0", "port": 22, "pid": 7, "process": "sshd", "unit": "ssh.service"}],
}
FACTS = {"distribution": "Debian", "distribution_major_version": "13"}


def host(address: str = "192.0.2.1", facts: Any = None, **machine: Any) -> dict[str, Any]:
    known = {"ansible_facts": {**FACTS, **(facts or {})}, "platform_machine": {**MACHINE, **machine}}
    return {"ansible_host": address, **known}


def found(*hosts: dict[str, Any], settings: Any = None, **platform: Any) -> list[str]:
    """Return the problems when n1 has both tiers, and n2, if there is one, redis as well."""
    known = dict(zip(["n1", "n2"], hosts or [host()], strict=False))
    groups = {"redis": list(known), "chat": ["n1"]}
    return _preflight.problems(groups, known, {**PLATFORM, "settings": {**SETTINGS, **(settings or {})}, **platform})


def test_a_fit_host_has_no_problem_and_one_outside_a_limited_run_is_not_judged() -> None:
    assert found() == []
    assert found(host(), {"ansible_host": "192.0.2.2"}, asked=["n1"]) == []


def deployed(domain: str) -> dict[str, Any]:
    return {"ansible_local": {"privatechat_chat": {"chat_domain": domain}}}


def listener(port: int, unit: str) -> dict[str, Any]:
    return {"listening": [{"address": "::", "port": port, "pid": 9, "process": "thing", "unit": unit}]}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        # 1500 of Redis by its row, 3770 of chat by its plan.
        (host(memory_mb=5269), ["'n1' has 5269 MiB", "redis, chat for 1000 users need 5270 MiB"]),
        (host(cores=2), ["'n1' has 2 cores", "need 3"]),
        (host(disks={"/var/lib": {"total_gb": 40, "free_gb": 9}}), ["9 GiB free", "need 10 GiB"]),
        (host(epoch=NOW - 31), ["clock of host 'n1' is 31 seconds behind"]),
        (host(epoch=NOW + 36), ["clock of host 'n1' is 31 seconds ahead of"]),
        (host(facts={"distribution_major_version": "11"}), ["Debian 11", "Debian 12 and 13"]),
        (host(facts={"distribution": "Fedora"}), ["Fedora 13, which is not supported"]),
        (host(**listener(6379, "other.service")), ["Port 6379", "'redis'", "'thing' (process 9, other.service)"]),
        (host(**listener(16379, "")), ["Port 16379", "'chat' needs for redis_primary", "no unit"]),
        (host(facts=deployed("old.example")), ["serves the chat domain 'old.example'", "can never change"]),
        (
            {"ansible_host": "192.0.2.1", "platform_machine": {"msg": "No route."}},
            ["'n1' cannot be examined", "No route."],
        ),
    ],
)
def test_an_unfit_host_is_named_with_what_was_found(entry: dict[str, Any], words: list[str]) -> None:
    (problem,) = found(entry)
    assert [word for word in words if word not in problem] == []


@pytest.mark.parametrize(
    "entry",
    [
        host(**listener(6379, "redis.service")),
        host(**listener(8080, "synapse-main.service")),
        host(epoch=NOW - 29),
        host(epoch=NOW + 34),
        host(facts=deployed("example.com"), disks={"/var/lib": {"total_gb": 40, "free_gb": 1}}),
    ],
)
def test_a_running_platform_and_small_differences_are_no_problem(entry: dict[str, Any]) -> None:
    assert found(entry) == []


def test_mixed_releases_within_a_data_tier_are_refused() -> None:
    (problem,) = found(host(), host("192.0.2.2", facts={"distribution_major_version": "12"}))
    assert "Debian 12 on n2; Debian 13 on n1" in problem


def test_all_problems_come_at_once() -> None:
    problems = found(host("192.0.2.999"), host("192.0.2.2", cores=1), settings={"platform_chat_domain": ""})
    assert [any(word in p for word in ("_chat_domain", "2.999", "'n2' has 1 cores")) for p in problems] == 3 * [True]


def test_names_that_some_part_would_refuse_are_found() -> None:
    wrong = {"platform_admin_user": "Admin!", "platform_monitoring_user": "a:b", "platform_internal_domain": "x_y"}
    problems = "".join(found(settings=wrong))
    assert [
        f"{setting} is '{word}'" for setting, word in wrong.items() if f"{setting} is '{word}'" not in problems
    ] == []


def test_missing_files_of_an_own_certificate_are_named() -> None:
    own = {"platform_certificate_source": "provided", "platform_public_certificate_file": "a.pem"}
    certificate, key = found(settings=own, certificate=None)
    assert "platform_public_certificate_file is 'a.pem', and no such file" in certificate
    assert "platform_public_key_file is not set" in key


def test_what_hides_or_loses_secrets_is_found(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("{}")
    hidden, lost = found(secrets_file=str(tmp_path / "all" / "secrets.yml"), lost_secrets=["a", "b"])
    assert "Ansible reads only the directory" in hidden
    assert lost.startswith("Cannot make 2 secrets, a, b: no file of this run is kept")
