"""What HAProxy is told, from which results."""

from __future__ import annotations

import pytest
from health_verdict import Verdict, answer, words


def verdict(**changed: float) -> Verdict:
    return Verdict(**{"fall": 3, "rise": 2, "stale_seconds": 10, "now": 0, **changed})


def after(one: Verdict, *problems: str) -> str | None:
    for second, problem in enumerate(problems, start=1):
        one.observe(problem, second)
    return one.problem(len(problems))


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        ([], None),
        ([""], ""),
        (["a"], None),
        (["a", "a", "b"], "b"),
        (["", "a", "a"], ""),
        (["", "a", "a", "", "a", "a"], ""),
        (["", "a", "a", "a"], "a"),
        (["", "a", "a", "a", "", "b", ""], "b"),
        (["", "a", "a", "a", "", ""], ""),
        (["a", "a", ""], ""),
    ],
)
def test_only_results_in_a_row_change_the_verdict(problems: list[str], told: str | None) -> None:
    assert after(verdict(), *problems) == told


@pytest.mark.parametrize("problems", [[], [""], ["a", "a", "a"]])
def test_no_result_for_long_is_a_fault(problems: list[str]) -> None:
    one = verdict()
    after(one, *problems)
    assert "no result for 11 s" in str(one.problem(len(problems) + 11))


def test_a_result_after_a_long_silence_counts_like_any_other() -> None:
    one = verdict()
    one.observe("", 1)
    one.observe("", 60)
    assert one.problem(61) == ""


@pytest.mark.parametrize(
    ("problems", "line"),
    [
        ({"database": "", "bus": ""}, "up"),
        ({"database": "", "bus": None}, ""),
        ({"database": "gone", "bus": None}, "down #database: gone"),
        ({"database": "gone", "bus": "cut"}, "down #database: gone; bus: cut"),
        ({"database": "Zeit\nüber\tschritten"}, "down #database: Zeit ber schritten"),
    ],
)
def test_the_line_is_what_haproxy_reads(problems: dict[str, str | None], line: str) -> None:
    assert answer(problems) == line


def test_a_long_reason_is_cut_to_what_haproxy_keeps() -> None:
    assert len(answer({"database": "x" * 500})) == len("down #") + 98
    both = answer({"database": "x" * 500, "bus": "y" * 500})
    assert len(both) <= len("down #") + 100
    assert "bus: yyy" in both


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            OSError('connection to server at "a" (127.0.0.1), port 1 failed: Connection refused\n\tIs it?\n'),
            "Connection refused Is it?",
        ),
        (ValueError(), "ValueError"),
    ],
)
def test_a_reason_is_one_line_about_what_went_wrong(problem: Exception, told: str) -> None:
    assert words(problem) == told
