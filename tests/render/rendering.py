"""Renders what a role writes: every config_files task, through Ansible's own templating, with a sample of inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.collection_loader import AnsibleCollectionConfig

from house import tree

MODULE = "privatechat.platform.config_files"
RELEASES = {"12": "bookworm", "13": "trixie"}
FACTS = {
    "distribution": "Debian",
    "os_family": "Debian",
    "virtualization_type": "kvm",
    "virtualization_role": "guest",
    "hostname": "host1",
    "fqdn": "host1.example.com",
    "nodename": "host1",
    "service_mgr": "systemd",
    "architecture": "x86_64",
    "python_version": "3.11.2",
}

if AnsibleCollectionConfig.collection_finder is None:
    init_plugin_loader()


def samples(role: str) -> dict[str, dict[str, Any]]:
    """Return the role's samples, name to variables; what one leaves out is as in the smallest."""
    found = load(f"tests/render/samples/{role}.yml") or {}
    return {name: {**found["smallest"], **own} for name, own in found.items()}


def load(name: str) -> Any:
    """Return the content of a YAML file whose strings Ansible may take for templates, nothing when it is not there."""
    if name not in tree.files():
        return None
    return DataLoader().load_from_file(str(tree.ROOT / name), trusted_as_template=True)


def variables(role: str, sample: str, release: str) -> dict[str, Any]:
    """Return all variables of a role on a host of the release: defaults, constants, facts and the sample's inputs."""
    path = str(tree.ROOT / "roles" / role)
    files = [f"roles/{role}/{part}.yml" for part in ("defaults/main", "vars/main", f"vars/debian-{release}")]
    merged: dict[str, Any] = {
        "role_path": path,
        "ansible_search_path": [path],
        "ansible_managed": "Ansible managed",
        "ansible_check_mode": False,
        "inventory_hostname": "host1",
        "ansible_facts": {
            **FACTS,
            "distribution_major_version": release,
            "distribution_release": RELEASES[release],
        },
    }
    for content in map(load, files):
        merged.update(content or {})
    return {**merged, **samples(role)[sample]}


def value_of(expression: str, known: dict[str, Any]) -> Any:
    """Return the value of an expression, as a condition or an argument of a task would have it."""
    return Templar(loader=DataLoader(), variables=known).template(trust_as_template(f"{{{{ {expression} }}}}"))


def tasks_with_variables(entries: Any, inherited: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each task with the variables of its blocks and its own."""
    for entry in entries or []:
        own = {**inherited, **entry.get("vars", {})}
        yield entry, own
        for part in ("block", "rescue", "always"):
            yield from tasks_with_variables(entry.get(part), own)


def writes(role: str, sample: str, release: str) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each config_files task of the role, templated with this sample."""
    known = variables(role, sample, release)
    for file in tree.below(f"roles/{role}/tasks/", ".yml"):
        for task, own in tasks_with_variables(load(file), {}):
            if MODULE in task:
                yield Templar(loader=DataLoader(), variables={**known, **own}).template(task[MODULE])


def contents(arguments: dict[str, Any]) -> dict[str, str]:
    """Return path to content of the files of one task, secret content included."""
    return {str(entry["path"]): text_of(entry) for entry in arguments.get("files", [])}


def written(role: str, sample: str, release: str) -> dict[str, str]:
    """Return what the role writes with this sample: path to content."""
    return {path: text for task in writes(role, sample, release) for path, text in contents(task).items()}


def text_of(entry: dict[str, Any]) -> str:
    """Return the content of a file; raise ValueError where the module would get none."""
    text = entry.get("content", entry.get("secret_content"))
    if text is None:
        raise ValueError(f"{entry['path']}: the inline template renders to nothing, which Ansible hands over as null")
    return str(text)
