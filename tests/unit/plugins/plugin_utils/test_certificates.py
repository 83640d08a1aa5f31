"""Each host gets certificates for its tiers, under the names its clients use, and each is judged by its days."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils import _certificates

TIERS = {
    "redis": {"certificates": [{"name": "redis", "owner": "redis", "group": "redis"}]},
    "chat": {"certificates": []},
    "edge": {"certificates": [{"name": "edge", "combined": True, "public": True}]},
}
SETTINGS = {
    "platform_internal_domain": "chat.internal",
    "platform_public_name": "chat.example.com",
    "platform_chat_domain": "example.com",
    "platform_public_address": "",
}


def wanted(tiers: list[str], address: str = "192.0.2.1", **settings: str) -> list[dict[str, Any]]:
    host = {"name": "n1", "address": address, "names": ["n1", "n1.chat.internal"], "tiers": tiers}
    return _certificates.wanted({"hosts": {"n1": host}}, "n1", TIERS, {**SETTINGS, **settings})


def test_an_internal_certificate_is_for_service_host_address_and_loopback() -> None:
    (row,) = wanted(["redis"])
    assert row["common_name"] == "redis.chat.internal"
    assert row["names"] == ["redis.chat.internal", "n1", "n1.chat.internal", "192.0.2.1", "localhost", "127.0.0.1"]
    assert (row["owner"], row["combined"], row["public"]) == ("redis", False, False)


def test_a_public_certificate_is_for_the_public_name_first() -> None:
    (row,) = wanted(["edge"], address="2001:db8::1", platform_public_address="203.0.113.9")
    assert row["common_name"] == "chat.example.com"
    assert row["names"][:3] == ["chat.example.com", "example.com", "203.0.113.9"]
    assert "2001:db8::1" in row["names"]
    assert (row["owner"], row["combined"], row["public"]) == ("root", True, True)


def test_a_public_certificate_covers_the_floating_address_and_one_in_front_of_it() -> None:
    (row,) = wanted(["edge"], platform_public_address="203.0.113.9", platform_floating_address="192.0.2.10/24")
    assert {"203.0.113.9", "192.0.2.10"} <= set(row["names"])


def test_only_public_certificates_carry_public_names() -> None:
    assert [row["name"] for row in wanted(["redis", "edge", "chat"])] == ["edge", "redis"]
    assert "chat.example.com" not in wanted(["redis"])[0]["names"]


def test_names_are_not_repeated() -> None:
    (row,) = wanted(["edge"], platform_chat_domain="chat.example.com", platform_public_address="192.0.2.1")
    assert len(row["names"]) == len(set(row["names"]))


def test_a_host_without_tiers_needs_none() -> None:
    assert _certificates.wanted({"hosts": {}}, "n9", TIERS, SETTINGS) == []


@pytest.mark.parametrize(
    ("state", "ok", "found"),
    [
        ({"days_left": 300, "fits": True, "reason": ""}, True, "300 days left"),
        ({"days_left": 14, "fits": True, "reason": "14 days are left of 397"}, True, "14 days left"),
        ({"days_left": 13, "fits": True, "reason": "13 days are left of 397"}, False, "13 days left"),
        ({"days_left": -1, "fits": True, "reason": "-1 days are left of 397"}, False, "-1 days left"),
        (
            {"days_left": 300, "fits": False, "reason": "it is for other names"},
            False,
            "300 days left, but it is for other names",
        ),
        (
            {"days_left": None, "fits": False, "reason": "there is no certificate yet"},
            False,
            "missing: there is no certificate yet",
        ),
    ],
)
def test_a_certificate_is_judged_by_fit_and_days(state: dict[str, Any], ok: bool, found: str) -> None:
    finding = _certificates.finding({"name": "redis", **state}, 14)
    assert finding == {"subject": "certificate redis", "ok": ok, "found": found}
