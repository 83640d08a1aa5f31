"""A table is compared by what the kernel makes of it, refused before it counts, and loaded beside the file for boot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.privatechat.platform.plugins.modules import nft_table

Run = Callable[..., dict[str, Any]]
# Stands for nft and the kernel: the file $KERNEL is the one table, as its last block was written.
NFT = """#!/bin/sh
case "$*" in
  "--file "*)
    [ "$2" = - ] && text=$(cat) || text=$(cat "$2")
    case $text in *bogus*) echo "/dev/stdin:5:1-5: Error: syntax error" >&2; exit 1;; esac
    printf '%s\\n' "$text" | sed '1,/^delete/d; s/  */ /g' > "$KERNEL";;
  "--stateless list table inet x")
    cat "$KERNEL" 2>/dev/null || { echo "Error: No such file or directory" >&2; exit 1; };;
  *) echo "unknown: $*" >&2; exit 9;;
esac
"""
UNSHARE = '#!/bin/sh\n[ "$1" = --net ] || exit 9\nshift\nKERNEL=$KERNEL.aside exec "$@"\n'
RULES = "chain input {\n  tcp dport   22 accept\n}\n"


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("nft", NFT), ("unshare", UNSHARE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("KERNEL", str(tmp_path / "kernel"))
    return tmp_path / "kernel"


@pytest.fixture
def run(run_module: Run, tmp_path: Path, kernel: Path) -> Run:  # noqa: ARG001 - the programs it stands for
    path = tmp_path / "etc" / "x.nft"

    def keep(rules: str = RULES, *, load: bool = True, **options: Any) -> dict[str, Any]:
        arguments = {"name": "x", "rules": rules, "path": str(path), nft_table.LOAD: load}
        answer = run_module(nft_table.main, arguments, **options)
        staged = Path(f"{path}.unconfirmed")
        if staged.exists():  # what the action plugin does once the host has been reached
            staged.rename(path)
        return answer

    return keep


def test_check_do_check_do(run: Run, kernel: Path) -> None:
    assert run(check=True)["changed"]
    assert run(load=False)["changed"]
    assert not kernel.exists()
    assert run()["changed"]
    assert "tcp dport 22 accept" in kernel.read_text()
    assert not run(check=True)["changed"]
    assert not run()["changed"]


def test_the_same_rules_in_other_words_need_no_new_table(run: Run, kernel: Path) -> None:
    run()
    kernel.write_text("table inet x {\nchain input {\n tcp dport 22 accept\n}\n}\n")
    assert not run()["changed"]


def test_a_table_that_was_changed_or_flushed_on_the_host_is_put_right(run: Run, kernel: Path) -> None:
    run()
    for flushed in ("table inet x {\n}\n", None):
        kernel.unlink()
        if flushed:
            kernel.write_text(flushed)
        answer = run()
        assert answer["changed"]
        assert answer["diff"]["before"] == (flushed or "")
        assert "+" not in answer["diff"]["after"]
        assert "tcp dport 22" in kernel.read_text()


def test_a_missing_file_for_the_next_boot_is_a_difference_too(run: Run, tmp_path: Path) -> None:
    run()
    (tmp_path / "etc" / "x.nft").unlink()
    answer = run()
    assert (answer["changed"], answer["diff"]["after_header"]) == (True, str(tmp_path / "etc" / "x.nft"))
    assert not run()["changed"]


@pytest.mark.parametrize("check", [True, False])
def test_rules_that_nft_refuses_change_nothing(run: Run, kernel: Path, tmp_path: Path, check: bool) -> None:
    run()
    before = kernel.read_text(), (tmp_path / "etc" / "x.nft").read_text()
    answer = run("chain input {\n  bogus\n}\n", check=check)
    assert answer["failed"]
    assert "Cannot load the table inet x; the present one stays. /dev/stdin:5:1-5: Error" in answer["msg"]
    assert (kernel.read_text(), (tmp_path / "etc" / "x.nft").read_text()) == before


def test_the_file_replaces_one_table_in_one_transaction() -> None:
    lines = nft_table.text_of("inet", "x", RULES).splitlines()
    assert lines[1:4] == ["table inet x", "delete table inet x", "table inet x {"]
    assert not any("flush" in line for line in lines)


def test_a_host_without_nftables_is_a_difference_in_check_mode_only(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nft").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nft_table.AnsibleModule, "get_bin_path", lambda *_args, **_options: None)
    assert run(check=True)["changed"]


def test_an_answer_that_is_no_table_is_no_absence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nft").write_text("#!/bin/sh\necho Operation not permitted >&2; exit 1\n")
    assert "Operation not permitted" in run()["msg"]
