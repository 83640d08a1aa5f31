"""awx/configure.yml gives AWX credentials, project, inventory, job templates and schedules, once."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from testkit.awx import variables
from testkit.playbook import ROOT

from house import tree

from .controller import Handler, Store, credential_type_faults, survey_faults

PLAYBOOKS = [Path(name).name for name in tree.below("awx/project/", ".yml") if name.count("/") == 2]
SECRETS = {name: f"value of {name}\n" for name in tree.load("awx/credential_types.yml")["awx_secret_names"]}
SETTINGS = {
    "awx_project_url": "https://git.example.com/my_site.git",
    "awx_execution_environment_image": "registry.example.com/privatechat-platform:1",
    "awx_machine_user": "operator",
}
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Return what a server on this machine was told."""
    kept = Store(PLAYBOOKS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"store": kept}))
    os.environ["CONTROLLER_HOST"] = f"http://127.0.0.1:{server.server_port}"
    os.environ["CONTROLLER_OAUTH_TOKEN"] = "token"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    del os.environ["CONTROLLER_HOST"], os.environ["CONTROLLER_OAUTH_TOKEN"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("operator")
    (home / "key").write_text("a private key\n")
    (home / "secrets.yml").write_text(variables(SECRETS))
    (home / "settings.yml").write_text(variables({**SETTINGS, "awx_machine_key_file": str(home / "key")}))

    def configure(*names: str) -> tuple[int, str]:
        given = [word for name in names for word in ("-e", f"@{home / name}.yml")]
        done = subprocess.run(
            [ROOT / ".venv/bin/ansible-playbook", "awx/configure.yml", *given],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    return configure


@pytest.fixture(scope="module")
def output(run: Run, store: Store) -> str:
    """Return what the run printed that told AWX everything."""
    assert store.writes == 0
    status, output = run("settings", "secrets")
    assert status == 0, output
    return output


def test_what_is_missing_is_named_and_nothing_is_sent(run: Run, store: Store) -> None:
    writes = store.writes
    status, output = run("settings")
    assert status == 2, output
    assert "nothing was changed: platform_secret_ca_key, platform_secret_ca_certificate" in output
    assert store.writes == writes


def test_awx_takes_everything_and_a_second_run_changes_nothing(run: Run, store: Store, output: str) -> None:
    assert "value of" not in output
    writes = store.writes
    status, again = run("settings", "secrets")
    assert status == 0, again
    assert "changed=0" in again
    assert store.writes == writes


@pytest.mark.usefixtures("output")
def test_every_playbook_of_the_project_is_a_job_template(store: Store) -> None:
    templates = {item["playbook"]: item for item in store.items["job_templates"]}
    assert sorted(templates) == sorted(PLAYBOOKS)
    credentials = sorted(item["id"] for item in store.items["credentials"])
    assert {tuple(sorted(item["lists"]["credentials"])) for item in templates.values()} == {tuple(credentials)}
    assert templates["verify.yml"]["survey"]["spec"][0]["variable"] == "platform_verify_from"


@pytest.mark.usefixtures("output")
def test_the_credential_gives_a_job_each_secret_under_its_name(store: Store) -> None:
    kind = next(item for item in store.items["credential_types"] if item["name"] != "Machine")
    credential = next(item for item in store.items["credentials"] if item["credential_type"] == kind["id"])
    templates = kind["injectors"]["extra_vars"]
    assert {name: credential["inputs"][text.strip("{ }")] for name, text in templates.items()} == SECRETS


@pytest.mark.parametrize("change", ["{id: a-b, label: A}", "{id: a}", "{id: a, label: A, colour: red}"])
def test_the_judge_refuses_a_malformed_type(change: str) -> None:
    inputs = {"fields": [yaml.safe_load(change)]}
    assert list(credential_type_faults({"inputs": inputs, "injectors": {}}))


def test_the_judge_refuses_a_malformed_survey() -> None:
    question = {"question_name": "Q", "variable": "v", "type": "integer", "required": False, "default": "many"}
    assert list(survey_faults({"name": "", "description": "", "spec": [question]}))
    assert list(survey_faults({"name": "", "description": "", "spec": [{**question, "type": "oracle"}]}))
    assert not list(survey_faults({"name": "", "description": "", "spec": [{**question, "default": 5}]}))
