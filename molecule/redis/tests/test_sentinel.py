"""Who may ask a Sentinel what, and that all of them could elect a primary."""

from __future__ import annotations

import pytest
from testkit.redis import SENTINEL, Member, Members

testinfra_hosts = ["ansible://redis"]

ADMINISTRATION = [
    *["SENTINEL SET cache quorum 1", "SENTINEL FAILOVER cache", "SENTINEL REMOVE cache", "SENTINEL RESET *"],
    *["SENTINEL MONITOR other 192.0.2.1 6379 1", "SENTINEL FLUSHCONFIG", "SENTINEL CONFIG SET loglevel debug"],
    *["SENTINEL REPLICAS cache", "ACL LIST", "SHUTDOWN", "CLIENT LIST", "PUBLISH __sentinel__:hello a", "SUBSCRIBE a"],
]


def test_without_tls_nothing_is_answered(member: Member) -> None:
    try:
        answer = member.connect(port=SENTINEL, tls=False).say("PING")
    except ConnectionError:
        answer = ""
    assert answer == ""


@pytest.mark.parametrize("command", ["PING", "INFO", "SENTINEL MASTERS", "SENTINEL GET-MASTER-ADDR-BY-NAME cache"])
def test_without_a_password_nothing_is_answered(member: Member, command: str) -> None:
    assert member.connect(port=SENTINEL).say(command).startswith("-NOAUTH")


@pytest.mark.parametrize("user", ["default", "haproxy", "sentinel", "nobody"])
def test_a_wrong_password_is_refused(member: Member, user: str) -> None:
    assert member.connect(port=SENTINEL).say(f"AUTH {user} wrong").startswith("-WRONGPASS")


def test_the_chat_server_does_not_come_to_sentinel(member: Member) -> None:
    password = member.variable("platform_secret_redis_password")
    assert member.connect(port=SENTINEL).say(f"AUTH default {password}").startswith("-WRONGPASS")


@pytest.mark.parametrize("command", ADMINISTRATION)
def test_the_health_check_cannot_administer_sentinel(member: Member, command: str) -> None:
    assert member.ask(command, "haproxy", SENTINEL).startswith(("-NOPERM", "-ERR unknown command"))


def test_each_sentinel_reaches_a_majority(member: Member, members: Members) -> None:
    count = len(list(members))
    assert members.primary()
    assert member.ask("SENTINEL CKQUORUM cache", "haproxy", SENTINEL).startswith(f"+OK {count} usable Sentinels")
    told = member.ask("SENTINEL MASTER cache", "haproxy", SENTINEL).split("\r\n")
    assert told[told.index("quorum") + 2] == str(count // 2 + 1)
