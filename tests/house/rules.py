"""The rules, as functions from content to problems; test_rules.py shows that each one can fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

TASK_MODULES_WITHOUT_OUTCOME = ("command", "shell", "raw", "script")
SECRET_INPUT = re.compile(r"(password|secret|token|private_key|_key)$")
GROUPS = re.compile(r"\bgroups\s*(?:\[|\.\w|\|)|\bhostvars\b|\bplatform_\w+")


def spec_options(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of all entry points by name."""
    points = spec["argument_specs"].values()
    return {name: option for point in points for name, option in (point.get("options") or {}).items()}


def spec_against_defaults(role: str, spec: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """Yield where specification and defaults of a role differ; both are the interface and say the same."""
    options = spec_options(spec)
    for name, option in options.items():
        if not name.startswith(f"{role}_"):
            yield f"the input {name} does not begin with {role}_"
        if not option.get("description"):
            yield f"the input {name} has no description"
        if option.get("required"):
            if name in defaults or "default" in option:
                yield f"{name} is required and has a default"
        elif name not in defaults:
            yield f"{name} is optional and absent from defaults/main.yml"
        elif "default" not in option:
            yield f"{name} is {defaults[name]!r} in defaults/main.yml, the specification names no default"
        elif option["default"] != defaults[name] or type(option["default"]) is not type(defaults[name]):
            yield f"{name} is {defaults[name]!r} in defaults/main.yml, {option['default']!r} in the specification"
    yield from (f"{name} is in defaults/main.yml, not in the specification" for name in defaults if name not in options)
    optional = [name for name in options if name in defaults]
    if optional != [name for name in defaults if name in options]:
        yield "defaults/main.yml does not have the order of the specification"


def same_everywhere(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield options that two entry points of a role describe differently."""
    seen: dict[str, Any] = {}
    for title, point in spec["argument_specs"].items():
        for name, option in (point.get("options") or {}).items():
            if {**seen.setdefault(name, option), "description": 0} != {**option, "description": 0}:
                yield f"{name} differs between the entry point {title} and an earlier one"


def secret_inputs(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield secret inputs whose failed validation would print them."""
    for name, option in spec_options(spec).items():
        if SECRET_INPUT.search(name) and (option.get("type", "str") != "str" or "choices" in option):
            yield f"{name} is secret: its type is str and it has no choices, else a failed validation prints it"


def foreign_words(text: str, foreign: Iterable[str]) -> Iterator[str]:
    """Yield words of a role's file that only plays and other roles may know."""
    for number, line in enumerate(text.splitlines(), start=1):
        for found in GROUPS.findall(line):
            yield f"line {number} knows the topology ({found.strip()})"
        for word in set(re.findall(r"\w+", line)).intersection(foreign):
            yield f"line {number} knows {word}, a variable of another role"


def main_only_imports(tasks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a role's main.yml does besides importing its parts."""
    for task in tasks:
        if "ansible.builtin.import_tasks" not in task:
            yield f"the task {task.get('name')!r} is no import_tasks"


def task_names(stem: str, tasks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield tasks without a name, or without the file's stem before it."""
    prefix = "" if stem == "main" else f"{stem} | "
    for task in tasks:
        name = str(task.get("name", ""))
        if not name:
            yield f"a task has no name: {sorted(task)}"
        elif not name.startswith(prefix) or not name[len(prefix) :][:1].isupper():
            yield f"the task {name!r} is to be named {prefix!r} and an imperative with a capital letter"


def task_habits(tasks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what no task may do: hide errors, skip verification, run a command without saying what it changes."""
    for task in tasks:
        name = task.get("name")
        if task.get("ignore_errors"):
            yield f"{name!r} ignores errors; failed_when names what is accepted"
        if "notify" in task or "listen" in task or task.get("ansible.builtin.meta") == "flush_handlers":
            yield f"{name!r} uses a handler; service_unit restarts what is older than its configuration"
        module = next((key for key in task if key.rpartition(".")[2] in TASK_MODULES_WITHOUT_OUTCOME), None)
        if module and not says_what_changes(task, module):
            yield f"{name!r} runs {module} without changed_when, creates or removes"
        asserted = task.get("ansible.builtin.assert")
        if asserted is not None and not ("fail_msg" in asserted and asserted.get("quiet") is True):
            yield f"{name!r} asserts without fail_msg and quiet: true"
        yield from (f"{name!r}: {problem}" for problem in argument_habits(task))


def says_what_changes(task: Mapping[str, Any], module: str) -> bool:
    """Tell whether a command's task decides when it counts as a change."""
    arguments = task[module] if isinstance(task[module], dict) else {}
    return "changed_when" in task or bool({"creates", "removes"}.intersection({*arguments, *task.get("args", {})}))


def argument_habits(value: Any) -> Iterator[str]:
    """Yield module arguments that are never right: unquoted modes, verification switched off."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "mode" and not isinstance(inner, str):
                yield f"mode {inner!r} is no quoted string"
            if key == "validate_certs" and inner in (False, "false", "no"):
                yield "validate_certs is off"
            yield from argument_habits(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from argument_habits(inner)


def play_habits(plays: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield plays that gather facts, mix roles and tasks, or carry tags besides their role's name."""
    for play in plays:
        name = play.get("name")
        if not name:
            yield f"a play has no name: {sorted(play)}"
        if "hosts" in play and play.get("gather_facts") is not False:
            yield f"{name!r} does not say gather_facts: false"
        if "roles" in play and "tasks" in play:
            yield f"{name!r} has both roles and tasks"
        if play.get("handlers"):
            yield f"{name!r} has handlers"
        if takes_members_away(play) and not (play.get("serial") == 1 and play.get("any_errors_fatal") is True):
            yield f"{name!r} restarts members without serial: 1 and any_errors_fatal: true"


def takes_members_away(play: Mapping[str, Any]) -> bool:
    """Tell whether a play calls an entry point that restarts one member of a cluster or brings one in."""
    included = (task.get("ansible.builtin.import_role", {}) for task in play.get("tasks", []))
    return any(role.get("tasks_from") in ("restart", "join") for role in included)


def longest_functions(source: str) -> Iterator[tuple[str, int]]:
    """Yield name and lines of each function, its docstring not counted."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)


def code_lines(source: str) -> int:
    """Return the number of lines of Python that are code: no blanks, comments, docstrings and documentation."""
    documentation: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            block = isinstance(node, ast.Assign) and (value.end_lineno or 0) > value.lineno
            if isinstance(node, ast.Expr) or block:
                documentation.update(range(value.lineno, (value.end_lineno or value.lineno) + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(1 for n, line in lines if n not in documentation and line.strip() and not line.lstrip().startswith("#"))


def untested(source: str) -> Iterator[str]:
    """Yield why a test file proves nothing: no test, or a test that neither asserts nor expects an error."""
    tests = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    if not tests:
        yield "it holds no test"
    for test in tests:
        calls = {getattr(n.func, "attr", getattr(n.func, "id", "")) for n in ast.walk(test) if isinstance(n, ast.Call)}
        asserts = any(isinstance(node, ast.Assert) for node in ast.walk(test))
        if not asserts and not any(name in ("raises", "fail") or name.startswith("assert") for name in calls):
            yield f"{test.name} asserts nothing"


def constant(source: str, name: str) -> str:
    """Return the text that a Python file assigns to a name, empty when it does not."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == name for target in node.targets):
            return str(ast.literal_eval(node.value))
    return ""


def unpinned(requirements: str) -> Iterator[str]:
    """Yield the lines of a list of Python packages that name no exact version."""
    for line in requirements.replace("\\\n", " ").splitlines():
        wanted = line.split("#")[0].strip()
        if (
            wanted
            and not wanted.startswith("--")
            and not re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[^\s*]+(\s|$)", wanted)
        ):
            yield f"{wanted!r} has no exact version"


def figures_without_job(expression: str) -> Iterator[str]:
    """Yield each figure of an expression of Prometheus that names no job; those of recording rules have colons."""
    grouped = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"
    text = re.sub(grouped, "", re.sub(r'"[^"]*"', "", expression))
    for name, labels in re.findall(r"(?<![\w:])([a-zA-Z_][\w:]*)(?![\w:]|\s*\()(\{[^}]*\})?", text):
        if (
            name not in ("and", "or", "unless", "bool", "offset")
            and ":" not in name
            and not re.search(r"\bjob[=!]", labels)
        ):
            yield name


def commands_of(markdown: str) -> set[str]:
    """Return the make targets that a page tells its reader to call: in backticks, or at the start of a line of code."""
    return set(re.findall(r"(?:`|^)make ([a-z][\w-]*)", "\n".join(code_of(markdown)), re.MULTILINE))


def code_of(markdown: str) -> Iterator[str]:
    """Yield the code of a page: lines between fences as they are, inline code with a backtick before it."""
    fenced = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield line
        else:
            yield from re.findall(r"`[^`]+", line)


def examples(markdown: str) -> Iterator[str]:
    """Yield what a reader would copy, line by line: code between fences without comments; `text` is to look at."""
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        if language != "text":
            lines = (re.sub(r"(^|\s+)#.*", "", line) for line in block.splitlines())
            yield from filter(None, lines)


def broken_links(markdown: str, exists: Any) -> Iterator[str]:
    """Yield the relative links of a page that lead nowhere; `exists` tells whether a target is there."""
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", markdown):
        if "://" not in target and not target.startswith("mailto:") and not exists(target):
            yield f"the link to {target} leads nowhere"
