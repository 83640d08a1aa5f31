"""Every finding is a row, silence is a bad one, and the bad ones are named."""

from __future__ import annotations

from typing import Any

from ansible_collections.privatechat.platform.plugins.filter.findings import findings
from ansible_collections.privatechat.platform.plugins.plugin_utils._findings import bad, collect, table

HOSTS: dict[str, Any] = {"b": {"tiers": ["redis"]}, "a": {"tiers": ["redis", "edge"]}}
GOOD = {"subject": "primary", "ok": True, "found": "answers"}
ROLES = {"all": ["base"], "redis": ["redis"], "edge": ["haproxy"]}


def test_rows_come_sorted_by_host_then_in_the_order_of_tiers() -> None:
    variables = {host: {f"{role}_findings": [{**GOOD, "subject": role}] for role in ROLES_OF} for host in HOSTS}
    rows = collect(HOSTS, variables, ROLES)
    assert [(row["where"], row["subject"]) for row in rows] == [
        ("a", "base"),
        ("a", "redis"),
        ("a", "haproxy"),
        ("b", "base"),
        ("b", "redis"),
    ]
    assert bad(rows) == []


ROLES_OF = ("base", "redis", "haproxy")


def test_a_role_in_two_tiers_reports_once() -> None:
    rows = collect(
        {"a": {"tiers": ["x", "y"]}}, {"a": {"haproxy_findings": [GOOD]}}, {"x": ["haproxy"], "y": ["haproxy"]}
    )
    assert len(rows) == 1


def test_silence_is_bad() -> None:
    rows = collect({"b": HOSTS["b"]}, {"b": {"base_findings": [GOOD]}}, ROLES)
    assert [row["ok"] for row in rows] == [True, False]
    assert bad(rows) == ["b, redis: the host gave no answer in this run."]
    assert len(bad(collect(HOSTS, {}, ROLES))) == 5


def test_nothing_to_say_is_an_answer() -> None:
    assert collect({"b": HOSTS["b"]}, {"b": {"base_findings": [GOOD], "redis_findings": []}}, ROLES) == [
        {**GOOD, "where": "b"}
    ]


def test_the_table_is_aligned() -> None:
    rows = [{**GOOD, "where": "host-one"}, {"subject": "x", "ok": False, "found": 3, "where": "b"}]
    assert table(rows) == [
        "state  where     what     found",
        "ok     host-one  primary  answers",
        "BAD    b         x        3",
    ]


def test_the_filter_adds_what_belongs_to_no_host() -> None:
    more = {"public address": [{"subject": "message", "ok": False, "found": "late"}]}
    result = findings({}, {}, ROLES, more)
    assert result["bad"] == ["public address, message: late."]
    assert len(result["lines"]) == 2
