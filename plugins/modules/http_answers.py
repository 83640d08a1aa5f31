#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask several HTTP servers of a host at once, and wait for those that are still starting."""

from __future__ import annotations

DOCUMENTATION = r"""
module: http_answers
short_description: Ask several HTTP servers at once and wait until all have answered
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Sends a GET request to each address, all at the same time and again every half second, until each has answered with
    one of its statuses or the time is up.
  - Fails when one has not, with the end of its unit's journal; O(probes[].unit) names the unit.
extends_documentation_fragment:
  - privatechat.platform.attributes.read_only
options:
  probes:
    description: Who is asked.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the answer is about.
        type: str
        required: true
      url:
        description: Address to ask, with its path.
        type: str
        required: true
      status:
        description: Statuses that count as an answer.
        type: list
        elements: int
        default: [200]
      unit:
        description: The systemd unit that answers.
        type: str
  seconds:
    description: How long to wait for all answers; V(0) asks each once.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Wait until two processes answer
  privatechat.platform.http_answers:
    probes:
      - {name: main, url: http://192.0.2.31:8080/health, unit: synapse-main.service}
      - {name: generic1, url: http://192.0.2.31:8081/health, unit: synapse-worker@generic1.service}
"""

RETURN = r"""
answers:
  description: What each said last, in the order of the probes; present on failure, too.
  type: list
  elements: dict
  returned: always
  sample: [{name: main, ok: true, status: 200, found: answered 200 in 12 ms}]
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient

PAUSE_SECONDS = 0.5
TIMEOUT_SECONDS = 10
JOURNAL_LINES = 5


def ask(probe: dict[str, Any]) -> dict[str, Any]:
    """Return what one server says now."""
    parts = urlsplit(probe["url"])
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    begun = time.monotonic()
    try:
        client = JsonClient(f"{parts.scheme}://{parts.netloc}", timeout=TIMEOUT_SECONDS)
        client.request("GET", path, raw=True)
        status: int | None = 200
        words = ""
    except ApiError as exc:
        status, words = exc.status, str(exc)
    ok = status in probe["status"]
    found = f"answered {status} in {(time.monotonic() - begun) * 1000:.0f} ms" if ok else words or f"answered {status}"
    return {"name": probe["name"], "ok": ok, "status": status, "found": found}


def wait_for(probe: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Return the first good answer, or the last one before the deadline."""
    while True:
        answer = ask(probe)
        if answer["ok"] or time.monotonic() + PAUSE_SECONDS > deadline:
            return answer
        time.sleep(PAUSE_SECONDS)


def journal(module: AnsibleModule, unit: str | None) -> str:
    """Return the end of a unit's journal as the end of a sentence; nothing for no unit."""
    if not unit:
        return ""
    command = ["journalctl", "--no-pager", f"--lines={JOURNAL_LINES}", "--output=cat", "-u", unit]
    _code, out, _err = module.run_command(command)
    return f" The journal of {unit} ends: {out.strip()}"


def main() -> None:
    """Ask all, wait, and report each answer."""
    probe = {
        "name": {"type": "str", "required": True},
        "url": {"type": "str", "required": True},
        "status": {"type": "list", "elements": "int", "default": [200]},
        "unit": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "probes": {"type": "list", "elements": "dict", "required": True, "options": probe},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    probes, seconds = module.params["probes"], module.params["seconds"]
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(max(1, len(probes))) as pool:
        answers = list(pool.map(lambda probe: wait_for(probe, deadline), probes))
    silent = [(probe, answer) for probe, answer in zip(probes, answers, strict=True) if not answer["ok"]]
    if silent:
        reasons = [f"{answer['name']}: {answer['found']}{journal(module, probe['unit'])}" for probe, answer in silent]
        module.fail_json(
            msg=f"{len(silent)} of {len(probes)} servers have not answered within {seconds} s. {' '.join(reasons)}",
            answers=answers,
        )
    module.exit_json(changed=False, answers=answers)


if __name__ == "__main__":
    main()
