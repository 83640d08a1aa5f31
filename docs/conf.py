"""How Sphinx builds the site of the documentation; `make docs` calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from docutils import nodes

GALAXY = yaml.safe_load((Path(__file__).parents[1] / "galaxy.yml").read_text())

project = f"{GALAXY['namespace']}.{GALAXY['name']}"
author = copyright = GALAXY["authors"][0]  # noqa: A001 - Sphinx wants this name
version = release = str(GALAXY["version"])
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "furo"
html_title = f"{project} {version}"
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_theme_options = {"source_repository": f"{GALAXY['repository']}/"}
pygments_style = "ansible"
highlight_language = "yaml+jinja"
# A link to a heading is a link that can break.
myst_heading_anchors = 4
nitpicky = True

# What antsibull-docs refers to in Ansible's own documentation, so that a build needs no inventory from there.
ANSIBLE = "https://docs.ansible.com/ansible/latest"
LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def outside(_app: Any, _environment: Any, wanted: Any, shown: nodes.TextElement) -> nodes.reference | None:
    """Return a link to Ansible's documentation for a label that stands there."""
    path = LABELS.get(wanted.get("reftarget", ""))
    return nodes.reference("", "", shown, refuri=f"{ANSIBLE}/{path}", internal=False) if path else None


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect("missing-reference", outside)
