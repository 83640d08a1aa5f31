# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom alerts are sent to: everything that would keep a message from arriving, told before anything is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LISTS = ("monitoring_email_to", "monitoring_webhook_urls")
# As the role has them; an inventory need not name any.
DEFAULTS: dict[str, Any] = {
    "monitoring_email_to": [],
    "monitoring_email_from": "",
    "monitoring_smtp_host": "",
    "monitoring_smtp_port": 587,
    "monitoring_smtp_user": "",
    "monitoring_smtp_password": "",
    "monitoring_smtp_tls_required": True,
    "monitoring_webhook_urls": [],
    "monitoring_webhook_token": "",
}
PORTS = range(1, 65536)
# Where TLS comes before the first word, whatever is required.
TLS_PORT = 465


def notification_problems(given: Mapping[str, Any]) -> list[str]:
    """Return one text for each problem with the inputs, which have the names of the role's; none tells a secret."""
    inputs = {name: given.get(name, default) for name, default in DEFAULTS.items()}
    lists = list(_list_problems(inputs))
    return lists or [*_mail_problems(inputs), *_webhook_problems(inputs)]


def _list_problems(inputs: Mapping[str, Any]) -> Iterator[str]:
    for name in LISTS:
        if not isinstance(inputs[name], list) or not all(isinstance(entry, str) for entry in inputs[name]):
            yield f"{name} is no list of texts. Write it as a list, one entry for each receiver."


def _mail_problems(inputs: Mapping[str, Any]) -> Iterator[str]:
    receivers, sender, host = inputs["monitoring_email_to"], inputs["monitoring_email_from"], _mail_host(inputs)
    user, password = inputs["monitoring_smtp_user"], inputs["monitoring_smtp_password"]
    senders = [("monitoring_email_from", sender)] if sender else []
    for name, address in [*(("monitoring_email_to", one) for one in receivers), *senders]:
        if not ADDRESS.fullmatch(address):
            yield f"{name} has '{address}', which is no e-mail address such as ops@example.com. Correct it."
    missing = [name for name, value in (("monitoring_email_from", sender), ("monitoring_smtp_host", host)) if not value]
    if receivers and missing:
        yield (
            f"Alerts cannot be sent to {', '.join(receivers)}: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set. Set {'it' if len(missing) == 1 else 'them'}, or empty "
            "monitoring_email_to."
        )
    if host and not HOST.fullmatch(host):
        yield f"monitoring_smtp_host is '{host}', which is no name or address of a host. The port has its own variable."
    if str(inputs["monitoring_smtp_port"]) not in map(str, PORTS):
        yield f"monitoring_smtp_port is '{inputs['monitoring_smtp_port']}', and ports are 1 to 65535. Correct it."
    if bool(user) != bool(password):
        there, absent = ("user", "password") if user else ("password", "user")
        yield (
            f"The mail server cannot be logged in to: monitoring_smtp_{there} is set and monitoring_smtp_{absent} is "
            "not. Set both or none."
        )
    if password and not inputs["monitoring_smtp_tls_required"] and str(inputs["monitoring_smtp_port"]) != str(TLS_PORT):
        yield (
            "monitoring_smtp_password would cross the network for all to read: monitoring_smtp_tls_required is false. "
            "Require TLS, or log in to a mail server that asks for no password."
        )


def _mail_host(inputs: Mapping[str, Any]) -> str:
    return str(inputs["monitoring_smtp_host"] or "")


def _webhook_problems(inputs: Mapping[str, Any]) -> Iterator[str]:
    token = inputs["monitoring_webhook_token"]
    if token and not inputs["monitoring_webhook_urls"]:
        yield "monitoring_webhook_token is set and monitoring_webhook_urls is empty. Name the receivers or remove it."
    for number, url in enumerate(inputs["monitoring_webhook_urls"], start=1):
        # The address itself may be a secret, so it is told by its place.
        what = f"Entry {number} of monitoring_webhook_urls"
        scheme, host = _scheme_and_host(url)
        if scheme not in ("http", "https") or not host:
            yield f"{what} is no address such as https://hooks.example.com/alerts. Correct it."
        elif token and scheme == "http" and host not in LOOPBACK:
            yield (
                f"{what} is no https address, so monitoring_webhook_token would cross the network for all to read. "
                "Use https, or remove the token."
            )


def _scheme_and_host(url: str) -> tuple[str, str]:
    if re.search(r"\s", url):
        return "", ""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""
