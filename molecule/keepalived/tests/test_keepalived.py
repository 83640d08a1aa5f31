"""One edge that serves has the floating address, whatever happens to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host
from testkit import playbook, wait
from testkit.edges import Edges, Stream

testinfra_hosts = ["ansible://node1"]
Move = Callable[[str, float], tuple[str, str]]
MOVE_SECONDS, HANG_SECONDS, STEADY_SECONDS = 15, 30, 4


def state_changes(host: Host) -> int:
    """Return how often keepalived on the host has become holder or reserve."""
    return int(host.run("journalctl --boot -u keepalived -o cat | grep -c 'Entering .* STATE'").stdout)


@pytest.fixture(autouse=True)
def _all_serve(edges: Edges) -> Iterator[None]:
    """Begin with every edge in service, and leave none behind that is not."""
    yield
    for host in edges.hosts.values():
        host.run("systemctl kill --signal=CONT haproxy")
        host.check_output("systemctl start haproxy keepalived")
    edges.holder()


@pytest.fixture
def move(edges: Edges, capsys: pytest.CaptureFixture[str]) -> Move:
    """Return a function that breaks something on the holder and returns who had the address, and who has it then."""

    def broken(command: str, limit: float) -> tuple[str, str]:
        before = edges.holder()
        after = edges.other(before)
        with Stream(edges, patience=1) as stream:
            stream.wait_for_answer(limit)
            edges.hosts[before].check_output(command)
            wait.until(lambda: edges.holders() == [after], what=f"the address leaving {before}", seconds=limit)
            stream.wait_for_answer(limit)
        with capsys.disabled():
            print(f"\n    {command}: no answer at the floating address for {stream.longest_silence:.1f} s")
        assert stream.longest_silence < limit
        return before, after

    return broken


def test_exactly_one_edge_has_the_address(edges: Edges) -> None:
    assert len(edges.holders()) == 1


def test_the_address_speaks_http_2_over_verified_tls(edges: Edges) -> None:
    with edges.connect(protocols=("h2", "http/1.1")) as tls:
        assert tls.selected_alpn_protocol() == "h2"
    assert edges.ask() == 200


def test_no_new_connection_fails_while_the_balancer_reloads(edges: Edges) -> None:
    holder = edges.holder()
    with Stream(edges) as stream:
        for _ in range(10):
            edges.hosts[holder].check_output("systemctl reload haproxy")
    assert stream.failures == []
    assert len(stream.answers) > 100
    assert edges.holders() == [holder]


def test_a_reload_keeps_the_address_where_it_is(edges: Edges) -> None:
    holder = edges.holder()
    before = {name: state_changes(host) for name, host in edges.hosts.items()}
    with Stream(edges) as stream:
        for host in [*edges.hosts.values()] * 3:
            host.check_output("systemctl reload keepalived")
    assert edges.holders() == [holder]
    assert stream.failures == []
    assert len(stream.answers) > 10
    assert {name: state_changes(host) for name, host in edges.hosts.items()} == before


def test_only_another_edge_is_listened_to(edges: Edges) -> None:
    holder = edges.holder()
    host, target = edges.hosts[holder], edges.addresses[holder]
    other = edges.other(holder)
    before = state_changes(host)
    for _ in range(5):
        edges.advertise(edges.stranger, edges.stranger_address, target)
    assert edges.ask() == 200
    assert (edges.holders(), state_changes(host)) == ([holder], before)
    edges.advertise(edges.hosts[other], edges.addresses[other], target)
    wait.until(lambda: state_changes(host) > before, what="the same message from an edge being heard", seconds=10)


def test_the_address_leaves_an_edge_without_balancer_and_stays_away(edges: Edges, move: Move) -> None:
    before, after = move("systemctl stop haproxy", MOVE_SECONDS)
    changes = state_changes(edges.hosts[before])
    edges.hosts[before].check_output("systemctl start haproxy")
    wait.until(lambda: state_changes(edges.hosts[before]) > changes, what="the edge being in reserve again")
    edges.assert_stays(after, STEADY_SECONDS)


@pytest.mark.fault
def test_the_address_leaves_an_edge_whose_balancer_hangs(edges: Edges, move: Move) -> None:
    _before, after = move("systemctl kill --signal=STOP haproxy", HANG_SECONDS)
    assert edges.holders() == [after]


@pytest.mark.fault
@pytest.mark.parametrize("victims", ["main", "all"])
def test_the_address_leaves_an_edge_whose_keepalived_was_killed(edges: Edges, move: Move, victims: str) -> None:
    changes = {name: state_changes(host) for name, host in edges.hosts.items()}
    before, after = move(f"systemctl kill --signal=KILL --kill-whom={victims} keepalived", MOVE_SECONDS)
    host = edges.hosts[before]
    wait.until(lambda: state_changes(host) > changes[before], what="the edge being in reserve again")
    edges.assert_stays(after, STEADY_SECONDS)


@pytest.mark.fault
def test_an_address_that_is_taken_out_of_the_inventory_is_given_up(edges: Edges, pytestconfig: pytest.Config) -> None:
    inventory = pytestconfig.getoption("ansible_inventory")
    without = playbook.play("edge", inventory, "--tags", "keepalived", "-e", "platform_floating_address=")
    assert without.status == 0, without.output
    assert edges.holders() == []
    assert [name for name, host in edges.hosts.items() if host.run("systemctl is-enabled keepalived").rc == 0] == []
    again = playbook.play("edge", inventory, "--tags", "keepalived")
    assert again.status == 0, again.output
    assert edges.ask() == 200
