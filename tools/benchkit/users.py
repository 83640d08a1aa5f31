"""Keeps ten thousand accounts with one task, and a hundred with a loop of requests as one would write it otherwise."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from .runs import BIN, STATE, BenchError, Nodes, environment, timed

HERE = Path(__file__).parent
MANY, FEW = 10_000, 100
# How much longer than the run memory is watched; sampling takes a part of the processor.
MARGIN_SECONDS = 8
KEEP = """
- name: Ten thousand people have accounts
  hosts: chat[0]
  gather_facts: false
  vars_files: [people.json]
  tasks:
    - name: Keep people
      privatechat.platform.synapse_users:
        url: "http://{{ ansible_host }}:8080"
        username: admin
        password: "{{ platform_secret_admin_password }}"
        server_name: "{{ platform_chat_domain }}"
        users: "{{ people }}"
"""
LOOP = """
- name: A hundred people have accounts
  hosts: chat[0]
  gather_facts: false
  vars_files: [people.json]
  vars:
    api: "http://{{ ansible_host }}:8080"
    user: {type: m.id.user, user: admin}
  tasks:
    - name: Log in
      ansible.builtin.uri:
        url: "{{ api }}/_matrix/client/v3/login"
        method: POST
        body_format: json
        body: {type: m.login.password, identifier: "{{ user }}", password: "{{ platform_secret_admin_password }}"}
      register: session

    - name: Read every account
      ansible.builtin.uri:
        url: "{{ api }}/_synapse/admin/v2/users/{{ ('@' ~ item.name ~ ':' ~ platform_chat_domain) | urlencode }}"
        headers: {Authorization: "Bearer {{ session.json.access_token }}"}
      register: accounts
      loop: "{{ people[:FEW] }}"
      loop_control: {label: "{{ item.name }}"}

    - name: Write what differs
      ansible.builtin.uri:
        url: "{{ item.url }}"
        method: PUT
        headers: {Authorization: "Bearer {{ session.json.access_token }}"}
        body_format: json
        body: {displayname: "{{ item.item.display_name }}"}
      loop: "{{ accounts.results }}"
      loop_control: {label: "{{ item.item.name }}"}
      when: item.json.displayname != item.item.display_name or item.json.admin or item.json.locked
"""


def people() -> list[dict[str, Any]]:
    """Return ten thousand people with all that the server's list tells, and first passwords."""
    attributes = {"admin": False, "locked": False}
    return [
        {"name": f"bulk-{n:05}", "display_name": f"Person {n}", "password": f"first-password-{n}", **attributes}
        for n in range(MANY)
    ]


def write(folder: Path) -> None:
    """Write the playbooks and who is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.json").write_text(json.dumps({"people": people()}))
    (folder / "keep.yml").write_text(KEEP)
    (folder / "loop.yml").write_text(LOOP.replace("FEW", str(FEW)))


def peak_mb(nodes: Nodes, host: str, playbook: Path, seconds: float) -> float:
    """Return the most memory that one process takes, on either machine, while the playbook runs."""
    here = STATE / "users/peak.json"
    seen: list[float] = []
    watch = threading.Thread(
        target=lambda: seen.append(nodes.ask(host, HERE / "peak.py", {"seconds": seconds + MARGIN_SECONDS})),
        daemon=True,
    )
    watch.start()
    program = [str(BIN / "ansible-playbook"), "-i", str(nodes.inventory), str(playbook)]
    timed("users-memory", [str(BIN / "python"), str(HERE / "peak.py"), str(here), *program], environment())
    watch.join()
    if not seen or not seen[0]:
        raise BenchError(f"the memory of the module on {host} was not seen; run the bench again")
    return max(seen[0], float(json.loads(here.read_text())))


def measure(nodes: Nodes) -> dict[str, float]:
    """Return the figures of a deployed inventory, whose main process hashes passwords cheaply afterwards."""
    folder = STATE / "users"
    write(folder)
    listed = nodes.listed()
    host = min(listed["chat"]["hosts"])
    call = {"address": listed["_meta"]["hostvars"][host]["ansible_host"]}
    nodes.ask(host, HERE / "cheap_hashes.py", call, interpreter="sudo python3")
    made = nodes.play("users-make", folder / "keep.yml")
    again = nodes.play("users-again", folder / "keep.yml")
    if again.changed:
        raise BenchError("a second run has changed accounts; .bench/logs/users-again.log says which")
    loop = nodes.play("users-loop", folder / "loop.yml")
    return {
        "users": MANY,
        "make_10000_s": round(made.seconds, 1),
        "rerun_10000_s": round(again.seconds, 1),
        "loop_100_s": round(loop.seconds, 1),
        "ratio_to_loop": round(again.seconds / MANY / (loop.seconds / FEW), 4),
        "peak_mb": round(peak_mb(nodes, host, folder / "keep.yml", again.seconds)),
    }
