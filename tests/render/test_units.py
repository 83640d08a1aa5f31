"""Every service whose unit a role writes is confined: systemd's own judgement of it is 2.5 of 10 or lower."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from render import parsers, rendering

from house import tree

UNITS = "etc/systemd/system"
# Ten times the exposure, as systemd-analyze takes it.
THRESHOLD = 25
DEBIAN = rendering.load("tests/render/units/debian.yml")


def services(files: dict[str, str]) -> list[str]:
    """Return the services among the units and drop-ins of these paths; one instance stands for all of a template."""
    parts = [Path(path).parts for path in files if path.startswith(f"/{UNITS}/")]
    names = {part[4].removesuffix(".d") for part in parts if len(part) > len(Path(UNITS).parts) + 1}
    return sorted(name.replace("@.", "@instance.") for name in names if name.endswith(".service"))


def judge(root: Path, service: str, *, threshold: int = THRESHOLD) -> tuple[int, str]:
    """Return the status and the words of systemd's judgement on a service below the root."""
    command = [parsers.program("systemd-analyze"), "security", "--offline=true", f"--threshold={threshold}"]
    done = subprocess.run(
        [*command, f"--root={root}", "--no-pager", service], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def lay_out(root: Path, files: dict[str, str]) -> list[str]:
    """Write the units of a role and what Debian has of them below the root; return the names of its services."""
    for path, content in files.items():
        if path.startswith(f"/{UNITS}/"):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (root / path[1:]).write_text(content)
    found = services(files)
    for name in found:
        if name in DEBIAN:
            lines = "\n".join(["[Service]", "ExecStart=/bin/true", *DEBIAN[name]])
            (root / UNITS / name).write_text(f"{lines}\n")
    return found


ROLES = [
    role for role in tree.roles() if rendering.samples(role) and services(rendering.written(role, "smallest", "13"))
]


@pytest.mark.parametrize("release", rendering.RELEASES)
@pytest.mark.parametrize("role", ROLES)
def test_every_service_of_a_role_is_confined(role: str, release: str, tmp_path: Path) -> None:
    loose: dict[str, str] = {}
    try:
        for sample in rendering.samples(role):
            root = tmp_path / sample
            for service in lay_out(root, rendering.written(role, sample, release)):
                status, words = judge(root, service)
                loose |= {f"{service} of {sample}": words} if status else {}
    except parsers.MissingParserError as exc:
        pytest.skip(str(exc))
    assert loose == {}


def test_every_template_of_a_service_is_judged() -> None:
    written = {name for role in ROLES for name in services(rendering.written(role, "largest", "13"))}
    templates = [name for name in tree.below("roles/") if "/templates/" in name and ".service" in name]
    judged = {name.split("/")[1] for name in templates}
    assert templates
    assert judged <= set(ROLES)
    assert set(DEBIAN) <= written


def test_a_service_without_a_sandbox_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path, {f"/{UNITS}/bare.service": "[Service]\nExecStart=/bin/true\n"})
    try:
        status, words = judge(tmp_path, "bare.service")
    except parsers.MissingParserError as exc:
        pytest.skip(str(exc))
    assert status != 0, words
    assert "UNSAFE" in words
