#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell what Prometheus reads and what it warns of, and wait until it reads."""

from __future__ import annotations

DOCUMENTATION = r"""
module: monitoring_info
short_description: Tell what Prometheus reads and what it warns of, and wait until it does
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Asks a Prometheus, its Alertmanager and the chat probe beside it, all in one round trip to their host, and again
    every second until what O(wait_for) names has come true or the time is up. Nothing is changed.
  - Fails when it has not come true, with what was missing.
extends_documentation_fragment:
  - privatechat.platform.attributes.read_only
options:
  url:
    description: Address of Prometheus with its path, such as V(https://monitoring.example.com:9090/monitoring).
    type: str
    required: true
  connect_address:
    description: IP address to connect to instead of asking DNS; TLS is verified against O(url) all the same.
    type: str
  ca_file:
    description: File with the certificate authority of Prometheus.
    type: path
  username:
    description: Who asks Prometheus.
    type: str
  password:
    description: Password of O(username).
    type: str
  alertmanager_url:
    description: Address of Alertmanager.
    type: str
    required: true
  probe_url:
    description: Address of the chat probe.
    type: str
    required: true
  targets:
    description: How many targets Prometheus shall know, beside those that an operator has added to the job C(own).
    type: int
    default: 0
  wait_for:
    description:
      - V(read) is true when all three answer, each of O(targets) was read once and the probe has a result, good or bad.
      - V(well) is true when, besides, all targets are up, the probe's last message arrived and no critical alert fires.
    type: str
    choices: [read, well]
    default: read
  seconds:
    description: How long to wait; V(0) asks once.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Wait until everything was read once
  privatechat.platform.monitoring_info:
    url: https://localhost:9090/monitoring
    ca_file: /etc/privatechat/tls/ca.pem
    username: operator
    password: "{{ password }}"
    alertmanager_url: http://127.0.0.1:9093
    probe_url: http://127.0.0.1:9119
    targets: 12
"""

RETURN = r"""
targets:
  description: >-
    Number of targets that are C(up), how many there are in C(total), how many were C(read), C(down) ones; all without
    those of the job C(own).
  type: dict
  returned: always
  sample: {up: 11, total: 12, read: 12, down: [{job: redis, instance: data1, error: connection refused}]}
alerts:
  description: Alerts that fire, each with its C(summary), which names hosts.
  type: list
  elements: dict
  returned: always
  sample: [{name: RedisNoPrimary, severity: critical, summary: No member of Redis is primary}]
probe:
  description: >-
    Whether the last message of the chat probe arrived (C(success), null when there was none yet), and how many
    C(seconds) the last one that did arrive took.
  type: dict
  returned: always
  sample: {success: true, seconds: 0.084}
alertmanager:
  description: Number of C(members) that Alertmanager knows, itself included.
  type: dict
  returned: always
  sample: {members: 1}
errors:
  description: Why one of the three gave no answer, by its name.
  type: dict
  returned: always
  sample: {}
"""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

PAUSE_SECONDS = 1
TIMEOUT_SECONDS = 10
OWN = "own"  # the scrape job whose targets are the operator's
NEVER = "0001-"  # how the time of a target that was not read yet begins
PROBE = re.compile(r"^privatechat_probe_(success|delivery_seconds)(?:\{\})? (\S+)$", re.MULTILINE)
Found = dict[str, Any]


def targets_of(answer: Any) -> Found:
    """Return what Prometheus says of its targets."""
    active = [one for one in answer["data"]["activeTargets"] if one["scrapePool"] != OWN]
    down = [
        {"job": one["labels"]["job"], "instance": one["labels"]["instance"], "error": one["lastError"]}
        for one in active
        if one["health"] == "down"
    ]
    read = sum(not one["lastScrape"].startswith(NEVER) for one in active)
    return {"up": sum(one["health"] == "up" for one in active), "total": len(active), "read": read, "down": down}


def alerts_of(answer: Any) -> list[dict[str, str]]:
    """Return the alerts that fire; those that may yet fire are left out."""
    found = [
        {
            "name": one["labels"]["alertname"],
            "severity": one["labels"].get("severity", ""),
            "summary": one["annotations"].get("summary", ""),
        }
        for one in answer["data"]["alerts"]
        if one["state"] == "firing"
    ]
    return sorted(found, key=lambda alert: (alert["severity"], alert["name"], alert["summary"]))


def probe_of(page: str) -> Found:
    """Return what the probe's metrics say."""
    figures = {name: float(number) for name, number in PROBE.findall(page)}
    success = figures.get("success")
    return {"success": None if success is None else success == 1, "seconds": figures.get("delivery_seconds")}


def ask(params: Found) -> Found:
    """Return what all three say now; who does not answer is named with the reason."""
    names = ("connect_address", "ca_file", "username", "password")
    errors: dict[str, str] = {}

    def answer(who: str, reader: Callable[[], Any], nothing: Any) -> Any:
        try:
            return reader()
        except (ApiError, KeyError, TypeError, ValueError) as exc:
            errors[who] = str(exc) if isinstance(exc, ApiError) else f"an answer of another shape: {exc!r}"
            return nothing

    def prometheus(path: str) -> Any:
        options = {name: params[name] for name in names}
        return JsonClient(params["url"], timeout=TIMEOUT_SECONDS, **options).request("GET", f"/api/v1/{path}")

    def page(url: str, path: str, raw: bool) -> Any:
        return JsonClient(url, timeout=TIMEOUT_SECONDS).request("GET", path, raw=raw)

    def members() -> int:
        cluster = page(params["alertmanager_url"], "/api/v2/status", raw=False)["cluster"]
        return max(1, len(cluster.get("peers") or []))

    found: Found = {
        "targets": answer(
            "Prometheus",
            lambda: targets_of(prometheus("targets?state=active")),
            {"up": 0, "total": 0, "read": 0, "down": []},
        ),
        "alerts": answer("Prometheus", lambda: alerts_of(prometheus("alerts")), []),
        "alertmanager": {"members": answer("Alertmanager", members, 0)},
        "probe": answer(
            "chat probe",
            lambda: probe_of(page(params["probe_url"], "/metrics", raw=True).decode()),
            {"success": None, "seconds": None},
        ),
    }
    return {**found, "errors": errors}


def lacking(found: Found, params: Found) -> Iterator[str]:
    """Yield what has not come true yet."""
    targets = found["targets"]
    yield from (f"{who} does not answer: {error}" for who, error in found["errors"].items())
    wanted = params["targets"] or targets["total"]
    if targets["total"] != wanted:
        yield f"Prometheus knows {targets['total']} targets instead of {wanted}"
    if targets["read"] < targets["total"]:
        yield f"it has read {targets['read']} of {targets['total']} targets"
    if found["probe"]["success"] is None:
        yield "the chat probe has no result yet"
    if params["wait_for"] == "well":
        yield from (f"{one['job']} of {one['instance']} is down: {one['error']}" for one in targets["down"])
        if found["probe"]["success"] is False:
            yield "the chat probe's last message did not arrive"
        critical = [alert for alert in found["alerts"] if alert["severity"] == "critical"]
        yield from (f"the alert {alert['name']} fires: {alert['summary']}" for alert in critical)


def main() -> None:
    """Ask until what is waited for has come true, and report the last answers."""
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "url": text,
            "connect_address": {"type": "str"},
            "ca_file": {"type": "path"},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "alertmanager_url": text,
            "probe_url": text,
            "targets": {"type": "int", "default": 0},
            "wait_for": {"type": "str", "choices": ["read", "well"], "default": "read"},
            "seconds": {"type": "int", "default": 60},
        },
        required_together=[("username", "password")],
        supports_check_mode=True,
    )
    deadline = time.monotonic() + module.params["seconds"]
    while True:
        found = ask(module.params)
        reasons = list(lacking(found, module.params))
        if not reasons:
            module.exit_json(changed=False, **found)
        if time.monotonic() + PAUSE_SECONDS > deadline:
            break
        time.sleep(PAUSE_SECONDS)
    waited = f"within {module.params['seconds']} s" if module.params["seconds"] else "now"
    wanted = "has been read once" if module.params["wait_for"] == "read" else "is well"
    module.fail_json(msg=f"Not everything {wanted} {waited}: {'; '.join(reasons)}.", **found)


if __name__ == "__main__":
    main()
