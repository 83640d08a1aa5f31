"""Who may ask a Sentinel what, and that all of them could elect a primary."""

from __future__ import annotations

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


def test_without_a_password_nothing_is_answered(member: Member) -> None:
    questions = ["PING", "INFO", "SENTINEL MASTERS", "SENTINEL GET-MASTER-ADDR-BY-NAME cache"]
    assert member.allowed(questions, "", SENTINEL) == {}


def test_a_wrong_password_is_refused_and_so_is_that_of_the_chat_server(member: Member) -> None:
    known = member.variable("platform_secret_redis_password")
    attempts = ["default wrong", "haproxy wrong", "sentinel wrong", "a wrong", f"default {known}"]
    answers = [member.connect(port=SENTINEL).say(f"AUTH {attempt}") for attempt in attempts]
    assert [answer for answer in answers if not answer.startswith("-WRONGPASS")] == []


def test_the_health_check_cannot_administer_sentinel(member: Member) -> None:
    assert "ip" in member.ask("SENTINEL MASTER cache", "haproxy", SENTINEL)
    assert member.allowed(ADMINISTRATION, "haproxy", SENTINEL) == {}


def test_each_sentinel_reaches_a_majority(member: Member, members: Members) -> None:
    count = len(list(members))
    assert members.primary()
    assert member.ask("SENTINEL CKQUORUM cache", "haproxy", SENTINEL).startswith(f"+OK {count} usable Sentinels")
    told = member.ask("SENTINEL MASTER cache", "haproxy", SENTINEL).split("\r\n")
    assert told[told.index("quorum") + 2] == str(count // 2 + 1)
