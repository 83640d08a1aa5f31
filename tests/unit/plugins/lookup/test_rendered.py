"""A template is rendered with the variables as they are, not with copies of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.collection_loader import AnsibleCollectionConfig

if AnsibleCollectionConfig.collection_finder is None:
    init_plugin_loader()


class Costly(dict[str, str]):
    """A table of which no copy may be made."""

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        raise AssertionError("a copy was made")


def render(directory: Path, expression: str, **variables: Any) -> Any:
    """Return what the expression comes to beside the templates of the directory."""
    known = {"ansible_search_path": [str(directory)], **variables}
    return Templar(loader=DataLoader(), variables=known).template(trust_as_template(expression))


@pytest.fixture
def role(tmp_path: Path) -> Path:
    """Return a role's directory with templates, one of which holds another."""
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "port.j2").write_text("{% if table.tls %}\nport {{ table.tls }}\n{% endif %}\n")
    (templates / "own.j2").write_text("{{ template_path | basename }} {{ greeting | default('nobody') }}\n")
    (templates / "whole.j2").write_text("[server]\n{% include 'port.j2' %}\n")
    return tmp_path


def test_no_variable_is_copied(role: Path) -> None:
    table = Costly(tls="443")
    assert render(role, "{{ lookup('privatechat.platform.rendered', 'port.j2') }}", table=table) == "port 443\n"


def test_a_template_may_hold_another(role: Path) -> None:
    text = render(role, "{{ lookup('privatechat.platform.rendered', 'whole.j2') }}", table={"tls": "443"})
    assert text == "[server]\nport 443\n"


def test_options_are_those_of_ansible_s_own(role: Path) -> None:
    given = "{{ lookup('privatechat.platform.rendered', 'own.j2', template_vars={'greeting': 'good day'}) }}"
    assert render(role, given) == "own.j2 good day\n"


def test_names_that_one_template_was_given_are_not_the_next_one_s(role: Path) -> None:
    expression = (
        "{{ lookup('privatechat.platform.rendered', 'own.j2', template_vars={'greeting': 'good day'}) }}"
        "{{ lookup('privatechat.platform.rendered', 'own.j2') }}{{ template_path is defined }}"
    )
    assert render(role, expression) == "own.j2 good day\nown.j2 nobody\nFalse"


def test_a_template_that_is_not_there_is_named(role: Path) -> None:
    with pytest.raises(AnsibleError, match=r"nothing\.j2"):
        render(role, "{{ lookup('privatechat.platform.rendered', 'nothing.j2') }}")
