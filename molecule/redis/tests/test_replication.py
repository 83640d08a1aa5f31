"""What is written to the primary is on every member, and to no other can be written."""

from __future__ import annotations

from testkit.redis import Members


def test_there_is_one_primary_and_every_other_member_follows_it(members: Members) -> None:
    primary = members.primary()
    assert primary.info()["connected_slaves"] == str(len(list(members)) - 1)


def test_the_chat_server_keeps_values_for_a_time_and_replicas_have_them(members: Members) -> None:
    members.keep("test:key", "value")
    primary = members.primary()
    assert primary.ask("PTTL test:key") != ":-1\r\n"
    assert primary.ask("DEL test:key") == ":1\r\n"


def test_a_replica_refuses_writes(members: Members) -> None:
    primary = members.primary()
    answers = [member.ask("SET test:key value") for member in members if member.name != primary.name]
    assert len(answers) == len(list(members)) - 1
    assert all(answer.startswith("-READONLY") for answer in answers)


def test_a_message_on_the_primary_reaches_subscribers_of_replicas(members: Members) -> None:
    primary = members.primary()
    listening = [member.connect("default") for member in members if member.name != primary.name]
    assert all("subscribe" in session.say("SUBSCRIBE example.com") for session in listening)
    assert primary.ask("PUBLISH example.com hello").startswith(":")
    assert all("hello" in session.say("") for session in listening)
