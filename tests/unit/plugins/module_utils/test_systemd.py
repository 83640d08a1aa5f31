"""systemd runs with its present settings, or the run says which it does not have."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ansible_collections.privatechat.platform.plugins.module_utils._systemd import Systemd, UnitError, reexecute

LIMIT = "DefaultLimitNOFILESoft"


class Host:
    """A module on a host whose systemd has one limit in force and another one in its files."""

    def __init__(self, in_force: str, in_files: str) -> None:
        self.in_force, self.in_files = in_force, in_files

    def run_command(self, command: Iterable[str], **_options: object) -> tuple[int, str, str]:
        if "daemon-reexec" in command:
            self.in_force = self.in_files
        return 0, f"{LIMIT}={self.in_force}\n" if "show" in command else "", ""


@pytest.mark.parametrize(
    ("in_force", "check_mode", "done", "left"),
    [
        ("65536", False, "none", "65536"),
        ("1024", False, "reexecute", "65536"),
        ("1024", True, "reexecute", "1024"),
    ],
)
def test_it_executes_itself_again_where_a_setting_differs(
    in_force: str, done: str, left: str, *, check_mode: bool
) -> None:
    host = Host(in_force, "65536")
    assert reexecute(Systemd(host), {LIMIT: 65536}, check_mode=check_mode) == done
    assert host.in_force == left


def test_a_setting_that_its_files_do_not_hold_is_named() -> None:
    with pytest.raises(UnitError, match=f"{LIMIT} is '2048' and not '65536'"):
        reexecute(Systemd(Host("1024", "2048")), {LIMIT: 65536}, check_mode=False)


def test_units_are_asked_for_together() -> None:
    class Two:
        def run_command(self, _command: Iterable[str], **_options: object) -> tuple[int, str, str]:
            return 0, "ActiveState=active\nDropInPaths=\n\nActiveState=inactive\nDropInPaths=/a /b\n", ""

    assert Systemd(Two()).units(["a", "b"]) == [
        {"ActiveState": "active", "DropInPaths": ""},
        {"ActiveState": "inactive", "DropInPaths": "/a /b"},
    ]
