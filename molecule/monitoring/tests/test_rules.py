"""Each alert fires for the fault that it is for and is silent without it, as Prometheus of the node itself judges."""

from __future__ import annotations

from pathlib import Path

import pytest
from testinfra.host import Host

testinfra_hosts = ["ansible://monitoring"]
TESTS = sorted(Path(__file__).with_name("rules").glob("*.yml"))
TEST = "/run/rules-under-test.yml"


def test_the_rules_are_on_the_host(host: Host) -> None:
    present = host.check_output("ls /etc/prometheus/rules").split()
    assert TESTS
    assert {path.name for path in TESTS} <= set(present)


@pytest.mark.parametrize("file", TESTS, ids=[path.stem for path in TESTS])
def test_alerts_fire_for_their_fault_and_are_silent_without_it(host: Host, file: Path) -> None:
    # The file names the rules by where they lie on the host.
    host.check_output(f"echo %s > {TEST}", file.read_text())
    judged = host.run(f"promtool test rules {TEST}")
    host.check_output(f"rm {TEST}")
    assert judged.succeeded, judged.stdout + judged.stderr
