"""A line of the verify table says what is not well, and nothing else is called bad."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils._monitoring import monitoring_findings

WELL: dict[str, Any] = {
    "targets": {"up": 12, "total": 12, "read": 12, "down": []},
    "alerts": [],
    "alertmanager": {"members": 1},
    "probe": {"success": True, "seconds": 0.0843},
    "errors": {},
}


def alert(name: str, severity: str, summary: str) -> dict[str, str]:
    return {"name": name, "severity": severity, "summary": summary}


def found(told: tuple[str, ...] = ("ops@example.com",), members: int = 1, **state: Any) -> dict[str, tuple[bool, str]]:
    findings = monitoring_findings({**WELL, **state}, told, members)
    return {one["subject"]: (one["ok"], one["found"]) for one in findings}


def test_what_is_well_is_told_in_one_line_each() -> None:
    assert found() == {
        "Prometheus": (True, "12 of 12 targets are up"),
        "alerts": (True, "none"),
        "notifications": (True, "alerts go to ops@example.com"),
        "chat probe": (True, "a message arrived in 84 ms"),
    }


def test_targets_that_are_down_are_named() -> None:
    down = [{"job": "redis", "instance": f"data{n}", "error": "refused"} for n in range(1, 8)]
    ok, words = found(targets={"up": 5, "total": 12, "read": 12, "down": down})["Prometheus"]
    assert not ok
    assert words == (
        "5 of 12 targets are up, down: redis of data1, redis of data2, redis of data3, redis of data4, redis of data5 "
        "and 2 more"
    )
    assert not found(targets={"up": 0, "total": 0, "read": 0, "down": []})["Prometheus"][0]


def test_warnings_are_shown_and_critical_alerts_are_not_well() -> None:
    warning = alert("HostDiskFilling", "warning", "/ of data1 gets fuller")
    shown = "/ of data1 gets fuller (HostDiskFilling, warning)"
    assert found(alerts=[warning])["alerts"] == (True, shown)
    critical = alert("ChatMainDown", "critical", "main is gone")
    assert found(alerts=[warning, critical])["alerts"] == (False, f"main is gone (ChatMainDown, critical), {shown}")


def test_nobody_to_tell_is_said_and_is_no_fault() -> None:
    assert found(told=())["notifications"] == (True, "alerts go to nobody: set monitoring_email_to")


def test_alertmanagers_that_do_not_meet_are_a_fault() -> None:
    assert found(members=2)["notifications"] == (
        False,
        "alerts go to ops@example.com; only 1 of 2 Alertmanagers meet",
    )


@pytest.mark.parametrize(
    ("probe", "words"),
    [({"success": None, "seconds": None}, "no result yet"), ({"success": False, "seconds": 0.1}, "did not arrive")],
)
def test_a_message_that_has_not_arrived_is_a_fault(probe: dict[str, Any], words: str) -> None:
    ok, said = found(probe=probe)["chat probe"]
    assert not ok
    assert words in said


@pytest.mark.parametrize("who", ["Prometheus", "Alertmanager", "chat probe"])
def test_whoever_gives_no_answer_is_a_fault_with_its_reason(who: str) -> None:
    bad = [words for ok, words in found(errors={who: "connection refused"}).values() if not ok]
    assert bad[0] == "connection refused"


def test_a_module_that_broke_is_told_as_it_is() -> None:
    assert monitoring_findings({"failed": True, "msg": "boom"}, [], 1) == [
        {"subject": "monitoring", "ok": False, "found": "boom"}
    ]
