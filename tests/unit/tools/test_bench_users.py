"""The bench writes playbooks that Ansible reads, and sees what a process takes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import yaml
from benchkit import peak, users

EATER = "import time; data = b'x' * 80_000_000; time.sleep(1)"


def test_ten_thousand_people_differ(tmp_path: Path) -> None:
    users.write(tmp_path)
    people = json.loads((tmp_path / "people.json").read_text())["people"]
    assert len({person["name"] for person in people}) == 10_000
    assert {*people[0]} == {"name", "display_name", "password", "admin", "locked"}
    keep, loop = (yaml.safe_load((tmp_path / name).read_text()) for name in ("keep.yml", "loop.yml"))
    assert list(keep[0]["tasks"][0])[1] == "privatechat.platform.synapse_users"
    assert loop[0]["tasks"][1]["loop"] == "{{ people[:100] }}"


def test_the_most_that_a_new_process_takes_is_seen() -> None:
    later = threading.Timer(1, lambda: subprocess.run([sys.executable, "-c", EATER], check=True))
    later.start()
    seen = peak.main({"seconds": 4})
    later.join()
    assert 80 < seen < 400


def test_the_most_that_a_command_takes_is_written(tmp_path: Path) -> None:
    assert peak.command(str(tmp_path / "peak"), [sys.executable, "-c", EATER]) == 0
    assert 80 < float((tmp_path / "peak").read_text()) < 400
