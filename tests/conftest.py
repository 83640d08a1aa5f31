"""Makes `ansible_collections.privatechat.platform` importable from the checkout, the way Ansible itself does."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".cache/collections"
CHECKOUT = COLLECTIONS / "ansible_collections/privatechat/platform"


def pytest_configure() -> None:
    if not CHECKOUT.is_dir() or CHECKOUT.resolve() != ROOT:
        raise pytest.UsageError(f"{CHECKOUT} does not lead to this checkout. Run the tests with make, which links it.")
    _AnsibleCollectionFinder(paths=[str(COLLECTIONS)])._install()
