"""A port that a tier or every host needs may be held by the platform's own units only."""

from __future__ import annotations

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils._preflight import _port_problems

TIERS = {
    "redis": {"ports": {"redis": 6379}, "units": ["redis.service"]},
    "chat": {"ports": {"workers": "8081-8083"}, "listeners": {"redis_primary": 16379}, "units": ["synapse-*.service"]},
}
HOST = {"ports": {"metrics": 9300}, "units": ["node.service"]}


def found(port: int, unit: str) -> list[str]:
    """Return the problems when this unit listens at this port."""
    socket = {"address": "::", "port": port, "pid": 9, "process": "thing", "unit": unit}
    return list(_port_problems("n1", {"listening": [socket, socket]}, TIERS, HOST))


@pytest.mark.parametrize(
    ("port", "unit", "words"),
    [
        (6379, "other.service", "which the tier 'redis' needs for redis, is taken by 'thing' (process 9, other.serv"),
        (8082, "redis.service", "which the tier 'chat' needs for workers, is taken by 'thing' (process 9, redis.serv"),
        (16379, "", "(process 9, no unit). Stop it, or move the group 'chat' to another host."),
        (9300, "redis.service", "which every host needs for metrics, is taken by 'thing' (process 9, redis.service)."),
    ],
)
def test_a_stranger_at_a_port_is_named_once(port: int, unit: str, words: str) -> None:
    (problem,) = found(port, unit)
    assert problem.startswith(f"Port {port} of host 'n1'")
    assert words in problem
    assert problem.endswith(" Stop it." if port == 9300 else " to another host.")


@pytest.mark.parametrize(
    ("port", "unit"),
    [(6379, "redis.service"), (8082, "synapse-main.service"), (9300, "node.service"), (8084, "other.service")],
)
def test_own_units_and_other_ports_are_no_problem(port: int, unit: str) -> None:
    assert found(port, unit) == []
