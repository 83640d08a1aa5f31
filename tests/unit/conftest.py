"""Runs a module's main() as Ansible would and returns what it reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Return a function that runs `main` with arguments, in check mode if asked, and returns the module's answer."""

    def run(main: Callable[[], None], args: dict[str, Any], *, check: bool = False) -> dict[str, Any]:
        capsys.readouterr()
        internal = {"_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args({**args, **internal}), pytest.raises(SystemExit):
            main()
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return run
