"""What the server knows of people is told, with what only single questions tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testinfra.host import Host
from testkit.nodes import name
from testkit.playbook import play_text

PLAY = """
- hosts: {host}
  become: true
  gather_facts: false
  tasks:
    - privatechat.platform.synapse_users_info:
        url: {url}
        username: admin
        password: "{{{{ platform_secret_admin_password }}}}"
        names: [alice, carol]
        details: true
      register: told
    - ansible.builtin.copy:
        content: "{{{{ told.users | to_json }}}}"
        dest: {directory}/users.json
        mode: "0600"
      delegate_to: localhost
      become: false
"""


def test_what_is_declared_of_people_is_what_is_told(
    chat_host: Host, main: dict[str, Any], inventory: str, tmp_path: Path
) -> None:
    text = PLAY.format(host=name(chat_host), url=f"http://{main['address']}:{main['port']}", directory=tmp_path)
    run = play_text(text, inventory, tmp_path)
    assert run.status == 0, run.output
    alice, carol = json.loads((tmp_path / "users.json").read_text())
    assert (alice["display_name"], alice["locked"]) == ("Alice Liddell", False)
    assert alice["threepids"] == [{"medium": "email", "address": "alice@example.com"}]
    assert alice["rate_limit"] == {"messages_per_second": 0, "burst_count": 0}
    assert (carol["locked"], carol["threepids"], carol["rate_limit"]) == (True, [], {})
