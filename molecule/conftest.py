"""Gives every scenario's tests the fixtures and the failure report of the testkit."""

from __future__ import annotations

from testkit.plugin import pytest_runtest_makereport, topology

__all__ = ["pytest_runtest_makereport", "topology"]
