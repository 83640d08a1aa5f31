"""Numbers of users become numbers of processes, memory and cores, exact at the presets and never less for more."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils import _chat_kinds

BY_NAME = {kind.name: kind for kind in _chat_kinds.KINDS}


@pytest.mark.parametrize("name", BY_NAME)
def test_the_presets_are_met_exactly(name: str) -> None:
    kind = BY_NAME[name]
    assert tuple(_chat_kinds.count(kind, users) for users in _chat_kinds.USERS) == kind.counts


@pytest.mark.parametrize("name", BY_NAME)
def test_more_users_never_need_fewer(name: str) -> None:
    counts = [_chat_kinds.count(BY_NAME[name], users) for users in range(1, 30000, 97)]
    assert all(fewer <= more for fewer, more in pairwise(counts))


@pytest.mark.parametrize(
    ("name", "users", "wanted"),
    [
        ("events", 324, 0),
        ("events", 325, 1),
        ("events", 775, 2),
        ("sync", 20000, 8),
        ("main", 20000, 1),
        ("sso", 549, 0),
    ],
)
def test_numbers_between_and_beyond_the_presets(name: str, users: int, wanted: int) -> None:
    assert _chat_kinds.count(BY_NAME[name], users) == wanted


@pytest.mark.parametrize(("users", "wanted"), [(1, 280), (100, 280), (1000, 340), (10000, 400)])
def test_memory_grows_with_each_tenfold_number_of_users(users: int, wanted: int) -> None:
    assert _chat_kinds.memory_mb(_chat_kinds.HEAVY, users) == wanted


@pytest.mark.parametrize(
    ("users", "wanted"), [(1, 1), (100, 1), (500, 2), (1500, 4), (2500, 6), (10000, 10), (20000, 20)]
)
def test_cores_are_those_of_the_profiles(users: int, wanted: int) -> None:
    assert _chat_kinds.cores(users) == wanted
