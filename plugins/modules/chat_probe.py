#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove a chat service by using it as two people would."""

from __future__ import annotations

DOCUMENTATION = r"""
module: chat_probe
short_description: Prove that two people can exchange messages and files
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Logs two users in at the public address of a Matrix server, sends a message from one to the other and waits until
    the other's sync delivers it, uploads a file as one and compares it when the other has downloaded it, and logs
    both out.
  - Both users meet in one room, which the first run makes and the first user's account data remembers. Each run adds
    one message and one file of 4 KiB to it.
  - It never reports a change, since neither the platform's settings nor anybody else's data differ afterwards.
extends_documentation_fragment:
  - privatechat.platform.attributes.probe
options:
  url:
    description: Public address, such as V(https://chat.example.com).
    type: str
    required: true
  connect_address:
    description: IP address to connect to instead of asking DNS; TLS is verified against O(url) all the same.
    type: str
  ca_file:
    description: File with the certificate authority of the server; without it and O(ca_pem), the system's authorities.
    type: path
  ca_pem:
    description: Text of the certificate authority in PEM format.
    type: str
  sender:
    description: Name of the user who sends.
    type: str
    required: true
  sender_password:
    description: Password of O(sender).
    type: str
    required: true
  receiver:
    description: Name of the user who receives.
    type: str
    required: true
  receiver_password:
    description: Password of O(receiver).
    type: str
    required: true
  timeout:
    description: Seconds that a step may take.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Prove that people can talk
  privatechat.platform.chat_probe:
    url: https://chat.example.com
    connect_address: 192.0.2.10
    ca_file: /etc/privatechat/tls/ca.pem
    sender: verify-alice
    sender_password: "{{ alice_password }}"
    receiver: verify-bob
    receiver_password: "{{ bob_password }}"
  delegate_to: localhost
"""

RETURN = r"""
findings:
  description: One entry for each step that was tried; present on failure, too.
  type: list
  elements: dict
  returned: always
  sample: [{subject: message delivered, ok: true, found: 84 ms}]
"""

import json
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._http import ApiError, JsonClient
from ansible_collections.privatechat.platform.plugins.module_utils._synapse import CLIENT_API, Synapse

MEMORY = "privatechat.verify"  # type of the account data that names the room
FILE_SIZE = 4096
NOTHING = {"not_types": ["*"]}

Findings = list[dict[str, Any]]


class StepFailed(Exception):
    """A step brought no proof; its finding says why."""


class Session(Synapse):
    """What one logged-in user can do."""

    def __init__(self, client: JsonClient, user: str, password: str, timeout: float) -> None:
        """Log the user in."""
        super().__init__(client, patience=timeout)
        self.log_in(user, password, "privatechat verify")

    def sync(self, room: str, since: str = "", wait: float = 0) -> Any:
        """Return what is new in one room, waiting for it if asked to."""
        rooms = {"rooms": [room], "ephemeral": NOTHING, "account_data": NOTHING, "timeline": {"limit": 20}}
        query = {
            "filter": json.dumps({"room": rooms, "presence": NOTHING, "account_data": NOTHING}),
            "timeout": int(wait * 1000),
            **({"since": since} if since else {}),
        }
        return self.call("GET", f"{CLIENT_API}/sync?{urlencode(query)}")

    def wait_for(self, room: str, since: str, text: str) -> None:
        """Return when a sync delivers the text; raise ApiError when none does in time."""
        deadline = time.monotonic() + self.patience
        while (left := deadline - time.monotonic()) > 0:
            answer = self.sync(room, since, wait=left)
            since = answer["next_batch"]
            events = answer.get("rooms", {}).get("join", {}).get(room, {}).get("timeline", {}).get("events", [])
            if any(event.get("content", {}).get("body") == text for event in events):
                return
        raise ApiError(f"the message was accepted but no sync of {self.user_id} delivered it in {self.patience:.0f} s")


@contextmanager
def step(findings: Findings, subject: str) -> Iterator[None]:
    """Time a step and add its finding; what went wrong becomes StepFailed."""
    start = time.monotonic()
    try:
        yield
    except (ApiError, KeyError, TypeError) as exc:
        words = str(exc) if isinstance(exc, ApiError) else f"the server's answer lacks what was asked for: {exc!r}"
        findings.append({"subject": subject, "ok": False, "found": words})
        raise StepFailed(subject) from exc
    findings.append({"subject": subject, "ok": True, "found": f"{(time.monotonic() - start) * 1000:.0f} ms"})


def meeting_room(sender: Session, receiver: Session) -> str:
    """Return the room that both users are in, made when the remembered one is gone or not theirs any more."""
    memory = f"{CLIENT_API}/user/{quote(sender.user_id)}/account_data/{MEMORY}"
    try:
        room = str(sender.call("GET", memory)["room_id"])
        for user in (sender, receiver):
            user.call("POST", f"{CLIENT_API}/join/{quote(room)}", {})
        return room
    except (ApiError, KeyError) as exc:
        if isinstance(exc, ApiError) and exc.status not in (403, 404):
            raise
    wanted = {"preset": "private_chat", "name": "Verification of the platform", "invite": [receiver.user_id]}
    room = str(sender.call("POST", f"{CLIENT_API}/createRoom", wanted)["room_id"])
    receiver.call("POST", f"{CLIENT_API}/join/{quote(room)}", {})
    sender.call("PUT", memory, {"room_id": room})
    return room


def exchange_message(room: str, sender: Session, receiver: Session) -> None:
    """Send while the receiver's sync waits, and return when that delivers."""
    text = f"verification {uuid.uuid4()}"
    since = receiver.sync(room)["next_batch"]
    with ThreadPoolExecutor(1) as pool:
        delivery = pool.submit(receiver.wait_for, room, since, text)
        message = {"msgtype": "m.text", "body": text}
        path = f"{CLIENT_API}/rooms/{quote(room)}/send/m.room.message/{uuid.uuid4()}"
        sender.call("PUT", path, message)
        delivery.result()


def exchange_file(sender: Session, receiver: Session) -> None:
    """Upload random bytes and return when the other user has downloaded the same."""
    content = os.urandom(FILE_SIZE)
    uri = sender.call("POST", "/_matrix/media/v3/upload?filename=verification.bin", content)["content_uri"]
    got = receiver.call("GET", f"/_matrix/client/v1/media/download/{uri.removeprefix('mxc://')}", raw=True)
    if got != content:
        raise ApiError(f"the file that came down ({len(got)} bytes) is not the one that went up ({FILE_SIZE} bytes)")


def probe(client: JsonClient, params: dict[str, Any], findings: Findings) -> None:
    """Take all steps in order, each adding its finding; raise StepFailed at the first that fails."""
    sessions: list[Session] = []
    try:
        for role in ("sender", "receiver"):
            with step(findings, f"{params[role]} logs in"):
                sessions.append(Session(client, params[role], params[f"{role}_password"], params["timeout"]))
        with step(findings, "both are in one room"):
            room = meeting_room(*sessions)
        with step(findings, "message delivered"):
            exchange_message(room, *sessions)
        with step(findings, "file uploaded and downloaded"):
            exchange_file(*sessions)
    finally:
        for role, session in zip(("sender", "receiver"), sessions, strict=False):
            with step(findings, f"{params[role]} logs out"):
                session.log_out()


def main() -> None:
    """Use the service and report each step."""
    text = {"type": "str", "required": True}
    secret = {**text, "no_log": True}
    module = AnsibleModule(
        argument_spec={
            "url": text,
            "connect_address": {"type": "str"},
            "ca_file": {"type": "path"},
            "ca_pem": {"type": "str"},
            "sender": text,
            "sender_password": secret,
            "receiver": text,
            "receiver_password": secret,
            "timeout": {"type": "int", "default": 30},
        },
        mutually_exclusive=[("ca_file", "ca_pem")],
        supports_check_mode=True,
    )
    findings: Findings = []
    if module.check_mode:
        module.exit_json(changed=False, findings=findings)
    connection = {key: module.params[key] for key in ("ca_file", "ca_pem", "connect_address")}
    try:
        # A waiting sync is answered by the server at the end of its time, so the connection lasts a little longer.
        client = JsonClient(module.params["url"], timeout=module.params["timeout"] + 10, **connection)
        probe(client, module.params, findings)
    except (StepFailed, ApiError) as exc:
        failed = [f"{finding['subject']}: {finding['found']}" for finding in findings if not finding["ok"]]
        reason = "; ".join(failed) or str(exc)
        module.fail_json(msg=f"Cannot prove the chat service at {module.params['url']}. {reason}", findings=findings)
    module.exit_json(changed=False, findings=findings)


if __name__ == "__main__":
    main()
