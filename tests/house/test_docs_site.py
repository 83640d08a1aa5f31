"""The site of the documentation holds every page, its links lead there, its tables and picture leave nothing out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import docs_pages
import platform_picture
import pytest
import tested_table

from house import tree

REPOSITORY = "https://git.example.com/platform"
PLATFORM: dict[str, Any] = {
    "platform_tiers": {
        "front": {"ports": {"https": 443}, "protocols": {"vrrp": 112}, "units": ["front.service"]},
        "back": {"ports": {"sql": 5432, "metrics": 9100}, "units": [], "listeners": {"other": 15432}},
        "watch": {"ports": {}, "units": ["watch.service", "watch.socket"]},
    },
    "platform_flows": [
        {"from": "anyone", "to": "front", "port": "https"},
        {"from": "front", "to": "front", "protocol": "vrrp"},
        {"from": "front", "to": "back", "port": "sql"},
        {"from": "watch", "to": "back", "port": "metrics"},
        {"from": "watch", "to": "front", "port": "https"},
        {"from": "front", "to": "watch", "port": "page"},
    ],
}
PLATFORM["platform_tiers"]["watch"]["ports"]["page"] = 9090


@pytest.mark.parametrize(
    ("page", "link", "led"),
    [
        ("README.md", "docs/ports.md", "ports.md"),
        ("README.md", "docs/ports.md#flows", "ports.md#flows"),
        ("docs/runbooks/site.md", "preflight.md", "preflight.md"),
        ("docs/runbooks/site.md", "../../roles/redis/README.md", "../roles/redis.md"),
        ("roles/redis/README.md", "../../docs/sizes.md", "../sizes.md"),
        ("docs/architecture.md", "architecture.svg", "architecture.svg"),
        ("docs/index.md", "../README.md", "start.md"),
        ("README.md", "playbooks/site.yml", f"{REPOSITORY}/blob/main/playbooks/site.yml"),
        ("docs/x.md", "../inventories/lab", f"{REPOSITORY}/tree/main/inventories/lab"),
        ("README.md", "https://example.com/docs/ports.md", "https://example.com/docs/ports.md"),
        ("README.md", "#daily-work", "#daily-work"),
    ],
)
def test_a_link_leads_into_the_site_or_to_the_repository(page: str, link: str, led: str) -> None:
    text = docs_pages.led(f"a [b]({link}) c", page, REPOSITORY, lambda name: "." not in name)
    assert text == f"a [b]({led}) c"


def test_code_is_left_as_it_is() -> None:
    page = "```text\n[a](docs/ports.md)\n```\n[a](docs/ports.md)\n"
    assert docs_pages.led(page, "README.md", REPOSITORY, bool) == page[:-19] + "[a](ports.md)\n"


def test_every_page_has_a_place_of_its_own() -> None:
    places = [docs_pages.place_of(name) for name in tree.files() if name.endswith(".md")]
    assert "" not in places
    assert len(set(places)) == len(places)


def test_a_request_goes_from_left_to_right_and_who_watches_stands_first() -> None:
    columns = platform_picture.columns_of(PLATFORM["platform_tiers"], PLATFORM["platform_flows"])
    assert columns == [["anyone", "watch"], ["front"], ["back"]]
    assert platform_picture.pairs(PLATFORM["platform_flows"], columns) == [("anyone", "front"), ("front", "back")]


@pytest.mark.parametrize(
    "words", ["anyone → 443", "each other → VRRP", "front → 5432", "watch → 9100", "front → 9090", "127.0.0.1: 15432"]
)
def test_the_picture_shows_every_opening(words: str) -> None:
    assert words in platform_picture.draw(PLATFORM)


def test_a_line_of_the_picture_fits_its_box() -> None:
    lines = platform_picture.wrapped("each other → " + ", ".join(str(port) for port in range(9000, 9030)))
    assert max(map(len, lines)) <= platform_picture.WRAPPED + len("9000,")
    assert " ".join(line.strip() for line in lines).count(",") == 29


def test_a_stage_that_shows_nothing_is_refused() -> None:
    with pytest.raises(tested_table.UnknownStageError, match="stage party"):
        tested_table.shows(SimpleNamespace(name="party", commands=[["tools/party"]]))


def test_every_scenario_and_target_of_the_run_is_in_the_table() -> None:
    table = tested_table.stages()
    assert [name for name in tree.scenarios() if name != "default" and f"| `{name}` |" not in table] == []
    assert "`make house`" in table
