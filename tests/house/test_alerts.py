"""Every alert says who has to act, what users feel and where help is; a test fires it, another shows it silent."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import alert_texts
import pytest

from house import rules, tree

FOLDER = "roles/monitoring/files/rules/"
TESTS = "molecule/monitoring/tests/rules/"
RUNBOOKS = "docs/runbooks/alerts/"
FILES = [name for name in tree.below(FOLDER, ".yml") if not name.endswith("/recording.yml")]
TIERS = {Path(name).stem for name in FILES}
SEVERITIES = {"critical", "warning"}
# A process that is gone is told of within two minutes: a scrape, an evaluation, this, and the way of a mail.
LONGEST_SECONDS = 60


def alerts_of(file: str) -> list[dict[str, Any]]:
    """Return the alerts of a file with rules."""
    return [rule for group in tree.load(file)["groups"] for rule in group["rules"] if "alert" in rule]


ALERTS = [(Path(file).stem, rule) for file in FILES for rule in alerts_of(file)]
each_alert = pytest.mark.parametrize(("tier", "rule"), ALERTS, ids=[rule["alert"] for _, rule in ALERTS])


def seconds(duration: str) -> int:
    """Return the seconds of a duration as Prometheus writes it."""
    units = {"s": 1, "m": 60, "h": 3600}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smh])", duration))


def values(label: str) -> set[str]:
    """Return what a label may be, where it is computed from another one as well."""
    return set(re.findall(r"}}\s*([a-z]+)", label)) or {label}


def expectations(tier: str) -> Counter[tuple[str, bool]]:
    """Return how often the tests of a tier expect each alert to fire, and to be silent."""
    tests = [test for case in tree.load(f"{TESTS}{tier}.yml")["tests"] for test in case.get("alert_rule_test", [])]
    return Counter((test["alertname"], bool(test["exp_alerts"])) for test in tests)


@each_alert
def test_an_alert_says_who_acts_and_what_users_feel(tier: str, rule: dict[str, Any]) -> None:
    assert values(rule["labels"]["severity"]) <= SEVERITIES
    assert rule["labels"]["tier"] == tier or values(rule["labels"]["tier"]) <= TIERS
    assert set(rule["annotations"]) == {"summary", "users", "runbook"}
    assert rule["annotations"]["summary"]
    # The overview shows the sentence without knowing labels, so it is the same for all.
    assert re.fullmatch(r"[A-Z][^{}\n]+\.", rule["annotations"]["users"])


@each_alert
def test_an_alert_waits_longer_than_one_lost_scrape(tier: str, rule: dict[str, Any]) -> None:
    waits = seconds(rule.get("for", "0s"))
    # Increases need no patience: they see what happened, once.
    assert waits >= 30 or re.search(r"\bincrease\(", rule["expr"]), tier
    if re.search(r"^up\{|\bup\{[^}]*\} == 0$", rule["expr"]) and rule["labels"]["severity"] == "critical":
        assert waits <= LONGEST_SECONDS


@each_alert
def test_an_alert_has_a_runbook(tier: str, rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert page == f"{RUNBOOKS}{tier}.md"
    assert anchor == rule["alert"].lower()
    assert f"## {rule['alert']}\n" in tree.text(page)


@each_alert
def test_an_alert_is_shown_to_fire_and_to_be_silent(tier: str, rule: dict[str, Any]) -> None:
    shown = expectations(tier)
    assert shown[rule["alert"], True] >= 1
    assert shown[rule["alert"], False] >= 1


@pytest.mark.parametrize("file", tree.below(FOLDER, ".yml"))
def test_a_rule_says_of_which_job_each_figure_is(file: str) -> None:
    expressions = [rule["expr"] for group in tree.load(file)["groups"] for rule in group["rules"]]
    assert [figure for text in expressions for figure in rules.figures_without_job(text)] == []


def test_every_alert_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(rule["alert"] for _, rule in ALERTS).items() if times > 1] == []


@pytest.mark.parametrize("tier", sorted(TIERS))
def test_a_page_of_runbooks_is_about_the_alerts_of_its_tier(tier: str) -> None:
    headings = re.findall(r"^## (.+)$", tree.text(f"{RUNBOOKS}{tier}.md"), re.MULTILINE)
    assert headings == [rule["alert"] for rule in alerts_of(f"{FOLDER}{tier}.yml")]


def test_every_page_of_runbooks_has_rules() -> None:
    assert {Path(name).stem for name in tree.below(RUNBOOKS, ".md")} == {*TIERS, "index"}


@pytest.mark.parametrize("tier", sorted(TIERS))
def test_a_runbook_names_only_settings_that_exist(tier: str) -> None:
    specs = tree.below("roles/", "/meta/argument_specs.yml")
    options = {name for spec in specs for name in rules.spec_options(tree.load(spec))}
    wiring = {word for name in tree.below("playbooks/vars/", ".yml") for word in re.findall(r"\w+", tree.text(name))}
    prefixes = "|".join(["platform", *tree.roles()])
    named = re.findall(rf"`((?:{prefixes})_\w+)`", tree.text(f"{RUNBOOKS}{tier}.md"))
    assert sorted(set(named) - options - wiring) == []


def test_the_overview_page_knows_what_users_feel() -> None:
    assert not alert_texts.update(check=True), "run tools/alert_texts.py"


def test_a_figure_without_its_job_is_found() -> None:
    text = 'sum by (host) (rate(a{job="x"}[2m])) / on (host) b{c="job="} > bool 2 and d unless e:f or max(g{job!="x"})'
    assert list(rules.figures_without_job(text)) == ["b", "d"]
