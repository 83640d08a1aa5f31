"""Each rule of this suite finds what it is there to find."""

from __future__ import annotations

from typing import Any

import pytest

from house import rules

OPTION = {"type": "int", "description": "How many.", "default": 3}


def spec(**options: Any) -> dict[str, Any]:
    return {"argument_specs": {"main": {"options": options}}}


@pytest.mark.parametrize(
    ("options", "defaults", "problem"),
    [
        ({"redis_size": OPTION}, {"redis_size": 4}, "is 4 in defaults/main.yml, 3 in the specification"),
        ({"redis_size": {**OPTION, "default": True}}, {"redis_size": 1}, "is 1 in defaults/main.yml, True"),
        ({"redis_size": OPTION}, {}, "absent from defaults/main.yml"),
        ({"redis_size": {"required": True, "description": "x"}}, {"redis_size": 1}, "is required and has a default"),
        ({"redis_size": {"type": "int", "description": "x"}}, {"redis_size": 1}, "names no default"),
        ({"redis_size": {"type": "int", "default": 1}}, {"redis_size": 1}, "has no description"),
        ({"size": OPTION}, {"size": 3}, "does not begin with redis_"),
        ({}, {"redis_size": 1}, "not in the specification"),
        ({"redis_a": OPTION, "redis_b": OPTION}, {"redis_b": 3, "redis_a": 3}, "order of the specification"),
    ],
)
def test_a_default_that_differs_is_found(options: dict[str, Any], defaults: dict[str, Any], problem: str) -> None:
    assert problem in "; ".join(rules.spec_against_defaults("redis", spec(**options), defaults))


def test_equal_specification_and_defaults_pass() -> None:
    assert list(rules.spec_against_defaults("redis", spec(redis_size=OPTION), {"redis_size": 3})) == []


def test_an_option_that_changes_between_entry_points_is_found() -> None:
    points = {"main": {"options": {"a": OPTION}}, "verify": {"options": {"a": {**OPTION, "default": 4}}}}
    assert list(rules.same_everywhere({"argument_specs": points}))


@pytest.mark.parametrize("option", [{"type": "dict"}, {"type": "str", "choices": ["a"]}])
def test_a_secret_that_would_be_printed_is_found(option: dict[str, Any]) -> None:
    assert list(rules.secret_inputs(spec(redis_password=option)))
    assert not list(rules.secret_inputs(spec(redis_password={"type": "str"})))


@pytest.mark.parametrize(
    "line",
    ["{{ groups['redis'] }}", "{{ groups.redis }}", "{{ hostvars[x] }}", "{{ platform_topology }}", "etcd_members"],
)
def test_a_role_that_knows_too_much_is_found(line: str) -> None:
    assert list(rules.foreign_words(line, {"etcd_members"}))


@pytest.mark.parametrize(
    "line", ["groups: [ssl-cert]", "privatechat.platform.config_files:", "/etc/redis/platform.conf"]
)
def test_words_that_only_look_like_topology_pass(line: str) -> None:
    assert not list(rules.foreign_words(line, {"etcd_members"}))


def test_work_in_main_is_found() -> None:
    assert list(rules.main_only_imports([{"name": "x", "ansible.builtin.command": "true"}]))


@pytest.mark.parametrize("task", [{"debug": {}}, {"name": "Write it"}, {"name": "configure | write it"}])
def test_a_bad_task_name_is_found(task: dict[str, Any]) -> None:
    assert list(rules.task_names("configure", [task]))
    assert not list(rules.task_names("configure", [{"name": "configure | Write it"}]))


@pytest.mark.parametrize(
    "task",
    [
        {"ansible.builtin.command": "true"},
        {"ansible.builtin.shell": {"cmd": "true"}},
        {"ansible.builtin.command": "true", "changed_when": False, "ignore_errors": True},
        {"ansible.builtin.apt": {"name": "x"}, "notify": "Restart"},
        {"ansible.builtin.meta": "flush_handlers"},
        {"ansible.builtin.assert": {"that": ["a"], "fail_msg": "b"}},
        {"ansible.builtin.uri": {"url": "x", "validate_certs": False}},
        {"privatechat.platform.config_files": {"files": [{"path": "x", "mode": 0o644}]}},
    ],
)
def test_a_bad_habit_is_found(task: dict[str, Any]) -> None:
    assert list(rules.task_habits([{"name": "x", **task}]))


@pytest.mark.parametrize(
    "task",
    [
        {"ansible.builtin.command": {"cmd": "true", "creates": "/x"}},
        {"ansible.builtin.command": {"cmd": "true"}, "args": {"removes": "/x"}},
        {"ansible.builtin.command": "true", "changed_when": False},
        {"ansible.builtin.copy": {"mode": "0644"}},
    ],
)
def test_a_good_habit_passes(task: dict[str, Any]) -> None:
    assert not list(rules.task_habits([{"name": "x", **task}]))


@pytest.mark.parametrize(
    "play",
    [{"hosts": "a"}, {"name": "x", "hosts": "a"}, {"name": "x", "roles": [], "tasks": []}, {"import_playbook": "x"}],
)
def test_a_bad_play_is_found(play: dict[str, Any]) -> None:
    assert list(rules.play_habits([play]))


@pytest.mark.parametrize("entry", ["restart", "join"])
@pytest.mark.parametrize("missing", ["serial", "any_errors_fatal"])
def test_a_play_that_takes_several_members_away_at_once_is_found(entry: str, missing: str) -> None:
    tasks = [{"name": "x", "ansible.builtin.import_role": {"name": "etcd", "tasks_from": entry}}]
    play = {"name": "x", "hosts": "a", "gather_facts": False, "serial": 1, "any_errors_fatal": True, "tasks": tasks}
    assert not list(rules.play_habits([play]))
    assert list(rules.play_habits([{key: value for key, value in play.items() if key != missing}]))


@pytest.mark.parametrize("source", ["x = 1", "def test_x():\n    x = 1"])
def test_an_empty_test_is_found(source: str) -> None:
    assert list(rules.untested(source))
    assert not list(rules.untested("def test_x():\n    assert 1"))


def test_lines_of_code_leave_documentation_out() -> None:
    source = '"""Doc."""\nDOCUMENTATION = """\na: 1\n"""\n\n# why\nx = 1\n\n\ndef f():\n    """Doc."""\n    return 1\n'
    assert rules.code_lines(source) == 3
    assert dict(rules.longest_functions(source)) == {"f": 2}


@pytest.mark.parametrize("line", ["ansible", "ansible>=2", "ansible==2.*"])
def test_an_open_version_is_found(line: str) -> None:
    assert list(rules.unpinned(line))
    assert not list(rules.unpinned("# why\nansible==12.3.0\nx[y]==1.0 \\\n    --hash=sha256:0\n"))


def test_commands_and_links_of_a_page_are_found() -> None:
    assert rules.commands_of("`make demo LAB=single`; make these\n```sh\nmake test\n```\n") == {"demo", "test"}
    page = "[a](docs/a.md) [b](https://example.com) [c](#part)"
    assert list(rules.broken_links(page, {}.get)) == ["the link to docs/a.md leads nowhere"]


def test_examples_in_two_languages_are_the_same_when_only_comments_differ() -> None:
    page = "# Title\n```sh\n# why\nmake demo   # this\n```\n```text\na picture\n```\n```yaml\na: 1\n```\n"
    assert list(rules.examples(page)) == ["make demo", "a: 1"]
