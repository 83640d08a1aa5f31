"""One machine grows to three and to eight: hosts join groups, the site runs again, nothing that was said is lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from benchkit.runs import CHECKOUT, Nodes, Run

from .community import NUMBER, SHAPES, Community, groups_of, write_inventory

SITE = CHECKOUT / "playbooks/site.yml"


@pytest.fixture(scope="module")
def community() -> Iterator[Community]:
    """Return people without a service yet; the nodes go when they are done."""
    nodes = Nodes.of("growth", CHECKOUT / "inventories/lab", NUMBER)
    yield Community(nodes)
    nodes.down()


@pytest.fixture(scope="module", params=SHAPES)
def deployed(request: pytest.FixtureRequest, community: Community) -> Run:
    """Return how the site ran on an inventory of this shape."""
    shape = str(request.param)
    write_inventory(community.nodes.inventory, shape)
    community.nodes.up()
    # Hosts that know nothing yet beside those that serve.
    community.nodes.play(f"growth-{shape}-check", SITE, "--check", "--diff")
    run = community.nodes.play(f"growth-{shape}", SITE)
    if not community.people:
        community.found()
        community.say()
    return run


def test_machines_only_come() -> None:
    shapes = [groups_of(name) for name in SHAPES]
    for before, after in itertools.pairwise(shapes):
        assert all(set(hosts) <= set(after[tier]) for tier, hosts in before.items())


def test_verify_has_seen_a_message_delivered(deployed: Run) -> None:
    assert deployed.delivered_seconds > 0
    assert deployed.changed > 0


def test_all_that_was_said_is_read_by_both(deployed: Run, community: Community) -> None:
    assert deployed.delivered_seconds > 0
    for person in community.people:
        assert community.read(person) == community.said


def test_a_shared_file_comes_down_as_it_went_up(deployed: Run, community: Community) -> None:
    assert deployed.delivered_seconds > 0
    path = f"/_matrix/client/v1/media/download/{community.file}"
    assert community.ask(community.people[1], "GET", path, raw=True) == community.content


def test_a_new_message_joins_the_old_ones(deployed: Run, community: Community) -> None:
    assert deployed.delivered_seconds > 0
    words = community.say()
    assert community.read(community.people[1])[-1] == words


def test_a_second_run_changes_nothing(deployed: Run, community: Community) -> None:
    assert deployed.delivered_seconds > 0
    again = community.nodes.play("growth-again", SITE)
    assert again.changed == 0
