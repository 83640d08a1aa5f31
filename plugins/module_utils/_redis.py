# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one client of Redis and Sentinel: commands in, values out, over TLS that a given authority vouches for."""

from __future__ import annotations

import socket
import ssl
from types import TracebackType
from typing import Any


class RedisError(Exception):
    """Redis could not be reached, or refused; the message holds its own words."""


class RedisClient:
    """One session, logged in as a user; to be used in a `with` statement."""

    def __init__(  # noqa: PLR0913 - a session has this many properties
        self, address: str, port: int, ca_file: str, *, username: str, password: str, timeout: float = 3
    ) -> None:
        """Connect and log in."""
        try:
            # Members are known by address; that the platform's own authority signed is what counts.
            context = ssl.create_default_context(cafile=ca_file)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            plain = socket.create_connection((address, port), timeout)
            try:
                self._socket = context.wrap_socket(plain, server_hostname=address)
            except BaseException:
                plain.close()
                raise
        except (OSError, ValueError) as exc:
            raise RedisError(_words(exc)) from exc
        self._stream = self._socket.makefile("rb")
        try:
            self.say("AUTH", username, password)
        except RedisError:
            self._close()
            raise

    def __enter__(self) -> RedisClient:
        """Return the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the session."""
        self._close()

    def say(self, *words: str) -> Any:
        """Return the answer to one command: text, number, list or None; a refusal is a RedisError."""
        parts = [word.encode() for word in words]
        sent = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        try:
            self._socket.sendall(sent)
            return self._answer()
        except (OSError, ValueError) as exc:
            raise RedisError(_words(exc)) from exc

    def _close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _answer(self) -> Any:
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise RedisError("the session was closed in the middle of an answer")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        if kind == b"-":
            raise RedisError(rest)
        if kind == b"+":
            return rest
        number = int(rest)
        if kind == b"$":
            return None if number < 0 else self._stream.read(number + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return None if number < 0 else [self._answer() for _part in range(number)]
        return number


def _words(exc: Exception) -> str:
    return str(exc) or type(exc).__name__


def facts(text: str) -> dict[str, str]:
    """Return what INFO tells, by name."""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))


def pairs(answer: list[str]) -> dict[str, str]:
    """Return the names and values of a flat list, as Sentinel tells them, by name."""
    return dict(zip(answer[::2], answer[1::2], strict=True))
