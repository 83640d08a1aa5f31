"""What Prometheus is told of the packages of a host."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import package_state
import pytest

NOW = 1_700_000_000


class Version(int):
    """A version that comes from archives with these labels."""

    origins: list[Any]


def version(number: int, *labels: str) -> Version:
    made = Version(number)
    made.origins = [SimpleNamespace(label=label) for label in labels]
    return made


def package(installed: int | None, *versions: Version) -> Any:
    return SimpleNamespace(installed=installed, versions=versions)


MENDED = version(2, "Debian", "Debian-Security")
WAITING = package(1, version(1, "Debian"), MENDED)


@pytest.mark.parametrize(
    ("one", "waits"),
    [
        (WAITING, True),
        # One that is newer still, from elsewhere, does not hide it.
        (package(1, version(3, "Backports"), MENDED), True),
        (package(2, MENDED), False),
        (package(1, version(2, "Debian")), False),
        (package(None, MENDED), False),
    ],
)
def test_a_package_waits_for_a_newer_version_with_security_fixes(one: Any, waits: bool) -> None:
    assert package_state.waits(one) is waits


def test_the_first_look_that_finds_one_is_kept_until_none_waits() -> None:
    first = package_state.updates_since([WAITING], package_state.page(0, 0), NOW)
    assert first == NOW
    assert package_state.updates_since([WAITING], package_state.page(first, 5), NOW + 9) == NOW
    assert package_state.updates_since([package(2, MENDED)], package_state.page(first, 5), NOW + 9) == 0
    assert package_state.updates_since([WAITING], "", NOW) == NOW


def test_a_page_that_is_new_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reboot, file = tmp_path / "reboot-required", tmp_path / "page.prom"
    monkeypatch.setattr(package_state, "REBOOT", reboot)
    monkeypatch.setattr(package_state.importlib, "import_module", lambda _name: SimpleNamespace(Cache=list))
    package_state.main(file)
    assert file.read_text() == package_state.page(0, 0)
    reboot.touch()
    os.utime(reboot, (NOW, NOW))
    package_state.main(file)
    assert file.read_text() == package_state.page(0, 0)
    os.utime(file, (NOW, NOW))
    package_state.main(file)
    assert file.read_text() == package_state.page(0, NOW)
