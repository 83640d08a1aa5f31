"""Each worker gets one file, which says where it listens and nothing that another process decides."""

from __future__ import annotations

import yaml

from ansible_collections.privatechat.platform.plugins.plugin_utils._synapse import worker_files

WORKERS = [
    {"name": "generic1", "port": 8081, "replication_port": 9081},
    {"name": "generic2", "port": 8082, "replication_port": 9082},
]


def test_every_worker_has_a_file_of_its_name() -> None:
    paths = [file["path"] for file in worker_files(WORKERS, "/etc/x", "192.0.2.1")]
    assert paths == ["/etc/x/workers/generic1.yaml", "/etc/x/workers/generic2.yaml"]


def test_a_worker_listens_on_its_ports_of_the_given_address_only() -> None:
    (file, _other) = worker_files(WORKERS, "/etc/x", "2001:db8::1")
    listeners = yaml.safe_load(file["content"])["worker_listeners"]
    assert [listener["port"] for listener in listeners] == [8081, 9081]
    assert {address for listener in listeners for address in listener["bind_addresses"]} == {"2001:db8::1"}


def test_replication_is_apart_from_what_clients_reach() -> None:
    for file in worker_files(WORKERS, "/etc/x", "192.0.2.1"):
        client, replication = yaml.safe_load(file["content"])["worker_listeners"]
        assert "replication" not in client["resources"][0]["names"]
        assert replication["resources"][0]["names"] == ["replication"]
