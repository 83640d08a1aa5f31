#!/usr/bin/python
# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep systemd units enabled, running, and running with their present configuration."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_unit
short_description: Run systemd units with their present configuration
version_added: 0.1.0
author: The privatechat.platform authors (@privatechat)
description:
  - Enables and starts each unit, restarts it when a file it reads at start is newer than its process, and reloads it
    when a file it reads on reload is newer than the last start or reload.
  - The need is derived from the host, not remembered from the task that wrote the file. A run that dies between
    writing and restarting is therefore finished by the next one.
  - The unit's own file and its drop-ins count as files read at start; systemd is told to read them again when needed.
  - Units are handled in the given order; the first that fails ends the task with the end of its journal. One that is
    still starting is waited for.
  - With O(others) units of a family that are no longer wanted are stopped first, and with O(manager) systemd itself
    reads its configuration again before that.
extends_documentation_fragment:
  - privatechat.platform.attributes
options:
  units:
    description: The units to keep running.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Full name of the unit, such as V(redis-server.service).
        type: str
        required: true
      restart_on:
        description: Paths or patterns of files that the process reads at start only.
        type: list
        elements: str
        default: []
      reload_on:
        description: Paths or patterns of files that the process reads again on reload.
        type: list
        elements: str
        default: []
      restart:
        description:
          - V(false) leaves a running process alone even when it is stale, and only reports it. For members of a
            cluster, which are restarted one at a time elsewhere.
        type: bool
        default: true
      state:
        description:
          - V(stopped) stops and disables the unit; the other options are then unused.
          - V(stopped_if_stale) only stops a process that is older than a file of O(units[].restart_on). For processes
            on several hosts that must all have stopped before one starts with its present configuration.
        type: str
        choices: [started, stopped, stopped_if_stale]
        default: started
  others:
    description: >-
      Patterns of unit names; an enabled unit that matches one and is not in O(units) is stopped and disabled.
    type: list
    elements: str
    default: []
  manager:
    description: >-
      Settings of systemd itself, named as C(systemctl show) names them, with the values that its configuration files
      hold. When one in force differs, systemd executes itself again; one that still differs fails the task.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Run the proxy with its present configuration
  privatechat.platform.service_unit:
    units:
      - name: haproxy.service
        restart_on: [/etc/haproxy/secrets.env]
        reload_on: [/etc/haproxy/conf.d/*.cfg]

- name: Give services the limit that a file in /etc/systemd/system.conf.d sets
  privatechat.platform.service_unit:
    units: []
    manager: {DefaultLimitNOFILESoft: 65536}
"""

RETURN = r"""
actions:
  description: >-
    What was done to each unit (V(none), V(start), V(restart), V(reload), V(enable), V(stop), or V(disable) with a
    stop), by its name; V(reexecute) of C(systemd) where it was done.
  type: dict
  returned: success
  sample: {haproxy.service: reload}
stale:
  description: Units whose process is older than its configuration and was left running.
  type: list
  elements: str
  returned: success
  sample: [etcd.service]
"""

import glob
import os
from datetime import UTC, datetime
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.privatechat.platform.plugins.module_utils._systemd import Systemd, UnitError, reexecute

STAMPS = "/run/privatechat-reloads"
WANTED = "/etc/systemd/system/*.wants/"


def newest(patterns: list[str]) -> float:
    """Return the latest modification time of files matching the patterns, in seconds since 1970; 0 for none."""
    return max((os.stat(path).st_mtime for pattern in patterns for path in glob.glob(pattern)), default=0.0)


def seconds(timestamp: str) -> float:
    """Return a systemd timestamp such as 'Tue 2026-01-06 10:00:00.123456 UTC' in seconds since 1970; 0 for none."""
    if not timestamp:
        return 0.0
    parsed = datetime.strptime(timestamp, "%a %Y-%m-%d %H:%M:%S.%f %Z")
    return parsed.replace(tzinfo=UTC).timestamp()


def plan(unit: dict[str, Any], state: dict[str, str], now: dict[str, float]) -> str:
    """Return the one action that brings the unit to its present configuration.

    `now` holds, in seconds since 1970, `process` and `reload` (when each happened last), `start_files` and
    `reload_files` (the newest file of each kind).
    """
    starting = state["ActiveState"] == "activating"
    running = starting or state["ActiveState"] in ("active", "reloading")
    stale = now["start_files"] >= now["process"]
    if unit["state"] == "stopped":
        return "disable" if running or state["UnitFileState"] == "enabled" else "none"
    if unit["state"] == "stopped_if_stale":
        return "stop" if running and stale else "none"
    # To start what is starting is to wait for it.
    if not running or (starting and not (stale and unit["restart"])):
        return "start"
    if stale:
        return "restart"
    if now["reload_files"] >= max(now["process"], now["reload"]):
        return "reload"
    return "none" if state["UnitFileState"] in ("enabled", "static", "indirect", "generated") else "enable"


def unwanted(units: list[dict[str, Any]], others: list[str]) -> list[dict[str, Any]]:
    """Return entries that stop the enabled units which match a pattern and are none of the given ones."""
    enabled = {os.path.basename(path) for pattern in others for path in glob.glob(WANTED + pattern)}
    gone = sorted(enabled - {unit["name"] for unit in units})
    return [{"name": name, "state": "stopped", "restart_on": [], "reload_on": [], "restart": True} for name in gone]


def look(systemd: Systemd, units: list[dict[str, Any]], *, check_mode: bool) -> dict[str, dict[str, str]]:
    """Return the state of each unit by its name; systemd has read their files again where it must."""
    names = [unit["name"] for unit in units]
    states = dict(zip(names, systemd.units(names), strict=True))
    wanted = [states[unit["name"]] for unit in units if unit["state"] == "started"]
    news = any(state["NeedDaemonReload"] == "yes" for state in states.values())
    if not check_mode and (news or not all(state["FragmentPath"] for state in wanted)):
        systemd.run("daemon-reload")
        states = dict(zip(names, systemd.units(names), strict=True))
    return states


def observe(unit: dict[str, Any], state: dict[str, str]) -> dict[str, float]:
    """Return when process and configuration changed last, as `plan` wants it."""
    own_files = [state.get("FragmentPath", ""), *state.get("DropInPaths", "").split()]
    stamp = os.path.join(STAMPS, unit["name"])
    started = state.get("ExecMainStartTimestamp") or state.get("ActiveEnterTimestamp", "")
    return {
        "process": seconds(started),
        "reload": newest([stamp]),
        "start_files": newest([*own_files, *unit["restart_on"]]),
        "reload_files": newest(unit["reload_on"]),
    }


def apply(systemd: Systemd, name: str, action: str, *, stamp: bool) -> None:
    """Carry out one action; raise UnitError with the end of the journal when the unit does not do it."""
    verbs = {"disable": ["disable", "--now"]}
    try:
        if action in ("start", "restart"):
            systemd.run("enable", name)
        systemd.run(*verbs.get(action, [action]), name)
    except UnitError as exc:
        raise UnitError(f"Cannot {action} {name}: {exc} Its journal ends: {systemd.journal(name)}") from exc
    if stamp and action in ("reload", "start", "restart"):
        os.makedirs(STAMPS, exist_ok=True)
        with open(os.path.join(STAMPS, name), "w", encoding="ascii"):
            pass


def keep(systemd: Systemd, unit: dict[str, Any], state: dict[str, str], *, check_mode: bool) -> tuple[str, bool]:
    """Bring one unit to its present configuration; return what was done and whether it was left stale."""
    action = plan(unit, state, observe(unit, state))
    if action == "restart" and not unit["restart"]:
        return "none", True
    if action == "none" or check_mode:
        return action, False
    if state["ActiveState"] == "failed":
        systemd.run("reset-failed", unit["name"])
    waits = action == "start" and state["ActiveState"] == "activating"
    apply(systemd, unit["name"], action, stamp=not waits)
    if not waits:
        return action, False
    # What began before this run is judged like what has been running.
    started = systemd.units([unit["name"]])[0] | {"ActiveState": "active"}
    more, stale = keep(systemd, unit, started, check_mode=False)
    return (action if more == "none" else more), stale


def main() -> None:
    """Handle the units in order and report what was done."""
    options = {
        "name": {"type": "str", "required": True},
        "restart_on": {"type": "list", "elements": "str", "default": []},
        "reload_on": {"type": "list", "elements": "str", "default": []},
        "restart": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["started", "stopped", "stopped_if_stale"], "default": "started"},
    }
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "dict", "required": True, "options": options},
            "others": {"type": "list", "elements": "str", "default": []},
            "manager": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    systemd, check_mode = Systemd(module), module.check_mode
    units = unwanted(module.params["units"], module.params["others"]) + module.params["units"]
    actions: dict[str, str] = {}
    stale: list[str] = []
    try:
        if module.params["manager"]:
            actions["systemd"] = reexecute(systemd, module.params["manager"], check_mode=check_mode)
        states = look(systemd, units, check_mode=check_mode)
        for unit in units:
            name = unit["name"]
            actions[name], left = keep(systemd, unit, states[name], check_mode=check_mode)
            stale += [name] if left else []
            # What was done to one may have moved others.
            if actions[name] != "none" and not check_mode:
                states = look(systemd, units, check_mode=False)
    except UnitError as exc:
        module.fail_json(msg=str(exc), actions=actions)
    lines = "".join(f"{name}: {action}\n" for name, action in actions.items() if action != "none")
    diff = {"before": "", "after": lines}
    module.exit_json(changed=bool(lines), actions=actions, stale=stale, diff=diff)


if __name__ == "__main__":
    main()
