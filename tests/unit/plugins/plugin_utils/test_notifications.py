"""What would keep alerts from arriving is told at once, each with what to do, and without a secret."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils._notifications import DEFAULTS, notification_problems
from house import tree

MAIL = {
    "monitoring_email_to": ["ops@example.com"],
    "monitoring_email_from": "platform@example.com",
    "monitoring_smtp_host": "mail.example.com",
}
LOGIN = {**MAIL, "monitoring_smtp_user": "platform", "monitoring_smtp_password": "secret-p"}
HOOK = {"monitoring_webhook_urls": ["https://hooks.example.com/secret-u"], "monitoring_webhook_token": "secret-t"}
PLAIN = {"monitoring_webhook_urls": ["http://hooks.example.com/secret-u"]}


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        MAIL,
        LOGIN,
        {**MAIL, "monitoring_smtp_tls_required": False, "monitoring_smtp_port": "25"},
        {**LOGIN, "monitoring_smtp_tls_required": False, "monitoring_smtp_port": "465"},
        {**MAIL, "monitoring_smtp_host": "2001:db8::25"},
        HOOK,
        PLAIN,
        {**HOOK, "monitoring_webhook_urls": ["http://127.0.0.1:8080/", "http://[::1]/a", "https://[2001:db8::9]:1/"]},
        {**LOGIN, **HOOK, "monitoring_email_to": ["a@example.com", "night+shift@mail.example.com"]},
    ],
)
def test_what_can_be_sent_is_no_problem(inputs: dict[str, Any]) -> None:
    assert notification_problems(inputs) == []


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"monitoring_email_to": "ops@example.com"}, "monitoring_email_to is no list"),
        ({"monitoring_webhook_urls": [{"url": "a"}]}, "monitoring_webhook_urls is no list of texts"),
        ({"monitoring_email_to": ["ops@example.com"]}, "monitoring_email_from and monitoring_smtp_host are not set"),
        ({**MAIL, "monitoring_smtp_host": ""}, "monitoring_smtp_host is not set. Set it, or empty monitoring_email_to"),
        ({**MAIL, "monitoring_email_to": ["ops"]}, "'ops', which is no e-mail address"),
        ({**MAIL, "monitoring_email_to": ["a@b.c, d@e.f"]}, "'a@b.c, d@e.f', which is no e-mail address"),
        ({**MAIL, "monitoring_email_from": "Ops <ops@example.com>"}, "monitoring_email_from has"),
        ({**MAIL, "monitoring_smtp_host": "mail:587"}, "no name or address of a host"),
        ({**MAIL, "monitoring_smtp_port": 0}, "ports are 1 to 65535"),
        ({**LOGIN, "monitoring_smtp_password": ""}, "monitoring_smtp_user is set and monitoring_smtp_password is not"),
        ({**LOGIN, "monitoring_smtp_user": ""}, "monitoring_smtp_password is set and monitoring_smtp_user is not"),
        ({**LOGIN, "monitoring_smtp_tls_required": False}, "for all to read: monitoring_smtp_tls_required is false"),
        ({"monitoring_webhook_token": "secret-t"}, "monitoring_webhook_urls is empty"),
        ({**HOOK, **PLAIN}, "Entry 1 of monitoring_webhook_urls is no https address"),
        ({"monitoring_webhook_urls": ["https://a/", "ftp://secret-u/"]}, "Entry 2 of monitoring_webhook_urls"),
        ({"monitoring_webhook_urls": ["https://"]}, "Entry 1"),
        ({"monitoring_webhook_urls": ["https://a b/"]}, "Entry 1"),
        ({"monitoring_webhook_urls": ["https://a:secret-u/"]}, "Entry 1"),
    ],
)
def test_what_cannot_be_sent_is_told_without_a_secret(inputs: dict[str, Any], words: str) -> None:
    problems = notification_problems(inputs)
    assert len(problems) == 1, problems
    assert words in problems[0]
    assert "secret-" not in problems[0]


def test_every_problem_is_told_at_once() -> None:
    inputs = {**LOGIN, "monitoring_email_to": ["a", "b"], "monitoring_smtp_user": "", **PLAIN}
    assert len(notification_problems({**inputs, "monitoring_webhook_token": "secret-t"})) == 4


def test_what_is_not_given_is_as_in_the_role() -> None:
    defaults = tree.load("roles/monitoring/defaults/main.yml")
    assert {name: defaults[name] for name in DEFAULTS} == DEFAULTS
