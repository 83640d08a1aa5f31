"""The bench counts what Ansible did, takes the times of people who talk, and says what it has found."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchkit import load, peer, report, runs, single_process
from labkit import copies, inventory

ROOT = Path(__file__).parents[3]
RECAP = """
PLAY RECAP *********************************************************************
chat1                      : ok=85   changed=3    unreachable=0    failed=0    skipped=12   rescued=0    ignored=0
edge1                      : ok=20   changed=0    unreachable=0    failed=0    skipped=70   rescued=0    ignored=0
"""


def test_host_tasks_are_what_was_done_on_all_hosts() -> None:
    assert runs.counted(RECAP) == (105, 3)


@pytest.mark.parametrize(
    ("line", "delivered"),
    [
        ("    ok     chat.example.com  message delivered             84 ms", True),
        ("    BAD    chat.example.com  message delivered             no sync delivered it", False),
        ("TASK [Let two people talk through the public address] ***", False),
    ],
)
def test_only_a_delivered_message_stops_the_clock(line: str, delivered: bool) -> None:
    assert bool(runs.DELIVERED.search(line)) is delivered


def test_ratios_are_the_edge_over_the_single_process() -> None:
    one = {"sends_per_s": 40, "send_ms": 400, "deliver_ms": 600, "calm_send_ms": 20, "calm_deliver_ms": 0}
    two = {name: value / 2 for name, value in one.items()}
    assert report.ratios({"edge": two, "single_process": one}) == {
        "sends_per_s": 0.5, "send_ms": 0.5, "deliver_ms": 0.5, "calm_send_ms": 0.5
    }  # fmt: skip
    assert report.ratios({"edge": two}) == {}


def test_the_table_shows_what_was_measured_and_the_file_holds_it(tmp_path: Path) -> None:
    figures = load.Times([10.0, 20.0], [30.0, 40.0], 2, 0, 1.0).figures()
    chat = {"edge": {**figures, "calm_send_ms": 1.5, "calm_deliver_ms": 2.5}}
    machine = {"cores": 2, "release": "trixie", "commit": "abc"}
    bulk = {"users": 10000, "make_10000_s": 60, "rerun_10000_s": 4.5, "loop_100_s": 50, "ratio_to_loop": 0.001}
    results = {"machine": machine, "deploy_single_s": 171.5, "chat": {**chat, "ratio": {}}}
    results |= {"bulk_users": {**bulk, "peak_mb": 99}}
    shown = report.table(results)
    assert re.search(r"10000 accounts, changing nothing +4\.5 s .*ratio for each 0\.001; 99 MB", shown)
    assert "171.5 s" in shown
    assert "send 15.0 ms" in shown
    assert "one process, asked" not in shown
    report.write(results, tmp_path / "latest.json")
    assert json.loads((tmp_path / "latest.json").read_text()) == results


def test_a_peer_that_cannot_be_had_ends_no_other_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise runs.BenchError("the peer role cannot be installed: no network")

    monkeypatch.setattr(peer, "install", refuse)
    results: dict[str, Any] = {"machine": {"cores": 2, "release": "trixie", "commit": "abc"}}
    runpy.run_path(str(ROOT / "tools/bench"))["measure_role"](ROOT / "inventories/single", results)
    assert "no network" in report.table(results)


@pytest.mark.parametrize("name", ["single", "lab"])
def test_a_copied_inventory_has_a_network_of_its_own(name: str, tmp_path: Path) -> None:
    before = inventory.read(ROOT / "inventories" / name)
    copies.copy(ROOT / "inventories" / name, tmp_path / "copy", network="other", number=99)
    after = inventory.read(tmp_path / "copy")
    assert (after.network, str(after.subnet), str(after.subnet6)) == ("other", "10.91.99.0/24", "fd00:91:99::/64")
    assert sorted(after.addresses) == sorted(before.addresses)
    assert str(before.subnet)[:-4] not in (tmp_path / "copy/group_vars/all/main.yml").read_text()


def test_the_single_process_has_the_platforms_settings_but_those_for_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_process, "CONFIG", tmp_path)
    platforms = {
        "server_name": "example.com",
        "listeners": [{"port": 8080}, {"port": 9080, "resources": [{"names": ["replication"]}]}],
        "database": {"args": {"host": "postgresql.internal", "dbname": "synapse", "cp_max": 3}},
        "redis": {"enabled": True},
        "instance_map": {"main": {}},
        "stream_writers": {"events": ["streams1"]},
    }
    (tmp_path / "homeserver.yaml").write_text(yaml.safe_dump(platforms))
    target = single_process.write_configuration({"address": "10.91.9.11", "port": 8999, "database": "bench_1"})
    written = yaml.safe_load(target.read_text())
    assert sorted(written) == ["database", "listeners", "media_store_path", "server_name"]
    assert written["database"]["args"] == {
        "host": "postgresql.internal", "dbname": "bench_1", "cp_min": 5, "cp_max": 10
    }  # fmt: skip
    assert [(listener["port"], listener["resources"][0]["names"]) for listener in written["listeners"]] == [
        (8999, ["client", "federation", "health"])
    ]
