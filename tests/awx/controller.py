"""A server that keeps what it is told, and refuses what AWX would refuse; it stands in for AWX, which is no package.

The rules are those of AWX: awx/main/fields.py (CredentialTypeInputField, CredentialTypeInjectorField,
CredentialInputField), awx/api/views (JobTemplateSurveySpec) and awx/api/serializers.py (JobOptionsSerializer).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FIELD_KEYS = {"id", "label", "type", "secret", "multiline", "format", "help_text", "choices", "default"}
QUESTION_TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}
MACHINE = {"name": "Machine", "inputs": {"fields": [{"id": "username"}, {"id": "ssh_key_data", "secret": True}]}}
Item = dict[str, Any]


class Store:
    """Everything that was posted, by collection."""

    def __init__(self, playbooks: list[str]) -> None:
        self.playbooks = playbooks
        self.items: dict[str, list[Item]] = defaultdict(list)
        self.writes = 0
        self._last = 0
        self.add("organizations", {"name": "Default"})
        self.add("credential_types", MACHINE)

    def add(self, collection: str, fields: Mapping[str, Any]) -> Item:
        """Keep an object and return it with what AWX adds."""
        self._last += 1
        url = f"/api/v2/{collection}/{self._last}/"
        added = {"id": self._last, "url": url, "summary_fields": {}, "scm_revision": "", "lists": defaultdict(list)}
        item = {**fields, **added, "related": {"survey_spec": f"{url}survey_spec/"}}
        self.items[collection].append(item)
        return item

    def find(self, collection: str, query: Mapping[str, str]) -> list[Item]:
        """Return the objects whose fields have these values."""
        kept = self.items["job_templates" if collection == "unified_job_templates" else collection]
        return [item for item in kept if all(str(item.get(name)) == value for name, value in query.items())]

    def get(self, collection: str, number: str) -> Item:
        return next(item for item in self.items[collection] if item["id"] == int(number))

    def shown(self, item: Item) -> Item:
        """Return an object as a reader gets it: secret inputs of a credential stay hidden."""
        hidden = {name for name, field in self._fields(item).items() if field.get("secret")}
        inputs = {name: "$encrypted$" if name in hidden else value for name, value in item.get("inputs", {}).items()}
        known = {name: value for name, value in item.items() if name not in ("lists", "survey")}
        return {**known, **({"inputs": inputs} if hidden else {})}

    def faults(self, collection: str, fields: Item) -> list[str]:
        """Return why AWX would refuse the object."""
        judges: dict[str, Callable[[Item], Iterator[str]]] = {
            "credential_types": credential_type_faults,
            "credentials": self._credential_faults,
            "job_templates": self._job_template_faults,
        }
        return list(judges[collection](fields)) if collection in judges else []

    def _fields(self, credential: Item) -> dict[str, Item]:
        if "credential_type" not in credential:
            return {}
        kind = self.get("credential_types", credential["credential_type"])
        return {field["id"]: field for field in kind["inputs"]["fields"]}

    def _credential_faults(self, fields: Item) -> Iterator[str]:
        kind = self.get("credential_types", fields["credential_type"])
        unknown = set(fields["inputs"]) - set(self._fields(fields))
        missing = [name for name in kind["inputs"].get("required", []) if not fields["inputs"].get(name)]
        if unknown or missing:
            yield f"unknown inputs {sorted(unknown)}, missing inputs {missing}"

    def _job_template_faults(self, fields: Item) -> Iterator[str]:
        if fields["playbook"] not in self.playbooks:
            yield f"Playbook not found for project: {fields['playbook']}"


def credential_type_faults(fields: Item) -> Iterator[str]:
    """Yield what is wrong with a type of credentials."""
    inputs = fields["inputs"]["fields"]
    names = {field["id"] for field in inputs}
    for field in inputs:
        well_formed = re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"]) and field.get("label")
        if not well_formed or set(field) - FIELD_KEYS or field.get("type", "string") not in ("string", "boolean"):
            yield f"the field {field} is malformed"
    if len(names) != len(inputs) or len({field.get("label") for field in inputs}) != len(inputs):
        yield "fields must be unique"
    if set(fields["inputs"].get("required", [])) - names or set(fields["injectors"]) - {"extra_vars", "env", "file"}:
        yield "required names no field, or an injector is unknown"
    for variable, template in fields["injectors"].get("extra_vars", {}).items():
        if set(re.findall(r"{{ *(\w+) *}}", template)) - names or "{{" not in template:
            yield f"{variable} uses an undefined field: {template}"


def survey_faults(survey: Item) -> Iterator[str]:
    """Yield what is wrong with the questions of a survey."""
    if not {"name", "description", "spec"} <= set(survey) or not survey["spec"]:
        yield "name, description or spec is missing"
    for question in survey.get("spec", []):
        missing = {"question_name", "variable", "type", "required"} - set(question)
        if missing or question["type"] not in QUESTION_TYPES:
            yield f"the question {question} lacks {sorted(missing)} or has an unknown type"
        default = question.get("default", "")
        if default != "" and isinstance(default, int) != (question["type"] == "integer"):
            yield f"the default {default!r} is no {question['type']}"


class Handler(BaseHTTPRequestHandler):
    """Speaks as much of the API as the modules of awx.awx use."""

    store: Store

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Stay silent."""

    def do_GET(self) -> None:
        collection, number, part = self._path()
        if not number:
            query = {name: value for name, value in parse_qsl(urlsplit(self.path).query) if name != "page_size"}
            self._list([self.store.shown(item) for item in self.store.find(collection, query)])
        elif part == "survey_spec":
            self._answer(200, self.store.get(collection, number).get("survey", {}))
        elif part:
            self._list([{"id": kept} for kept in self.store.get(collection, number)["lists"][part]])
        else:
            self._answer(200, self.store.shown(self.store.get(collection, number)))

    def do_POST(self) -> None:
        collection, number, part = self._path()
        body = self._body()
        if not number:
            faults = self.store.faults(collection, body)
            self._answer(400, {"detail": faults}) if faults else self._answer(201, self.store.add(collection, body))
        elif part == "survey_spec":
            faults = list(survey_faults(body))
            self.store.get(collection, number)["survey"] = body
            self._answer(400 if faults else 200, {"error": str(faults)} if faults else None)
        else:
            self.store.get(collection, number)["lists"][part].append(body["id"])
            self._answer(204, None)

    def do_PATCH(self) -> None:
        collection, number, _part = self._path()
        item = self.store.get(collection, number)
        item.update(self._body())
        self._answer(200, self.store.shown(item))

    def _path(self) -> tuple[str, str, str]:
        parts = urlsplit(self.path).path.removeprefix("/api/v2/").strip("/").split("/")
        collection, number, part = [*parts, "", ""][:3]
        return collection, number, part

    def _body(self) -> Item:
        self.store.writes += 1
        body: Item = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return body

    def _list(self, found: list[Item]) -> None:
        self._answer(200, {"count": len(found), "next": None, "results": found})

    def _answer(self, status: int, body: Any) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (("X-API-Product-Name", "AWX"), ("X-API-Product-Version", "24.6.1")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
