# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one HTTP client of the modules: JSON in and out, verified TLS, a single kind of error."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

EXCERPT = 300  # characters of an answer that an error message quotes


class ApiError(Exception):
    """A request that brought no usable answer; status is None when the server gave none at all."""

    def __init__(
        self, message: str, status: int | None = None, body: Any = None, retry_after: str | None = None
    ) -> None:
        """Keep the server's status, its answer, parsed where it was JSON, and when it wants to be asked again."""
        super().__init__(message)
        self.status = status
        self.body = body
        self.retry_after = retry_after


class _FixedAddress:
    """Opens TCP connections to one address, whatever host the request names."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __call__(self, target: tuple[str, int], timeout: Any = None, source_address: Any = None) -> socket.socket:
        return socket.create_connection((self.address, target[1]), timeout, source_address)


class JsonClient:
    """Sends requests to one base URL; no proxy and no redirect stands between it and the server it names."""

    def __init__(  # noqa: PLR0913 - a connection has this many properties
        self,
        url: str,
        *,
        ca_file: str | None = None,
        ca_pem: str | None = None,
        username: str | None = None,
        password: str | None = None,
        timeout: float = 30,
        connect_address: str | None = None,
    ) -> None:
        """Refuse what is no HTTP address or holds no certificate authority; nothing is sent yet."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ApiError(f"Cannot use '{url}' as a server's address: it must be http://HOST or https://HOST.")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._address = connect_address
        self._headers = {"Accept": "application/json"}
        if username is not None:
            pair = base64.b64encode(f"{username}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"
        self._tls = _tls_context(ca_file, ca_pem) if parts.scheme == "https" else None

    def request(
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
        raw: bool = False,
    ) -> Any:
        """Return the parsed JSON answer (bytes with raw, None when empty); anything but success is an ApiError."""
        sent = {**self._headers, **(headers or {})}
        if data is not None and not isinstance(data, bytes):
            data = json.dumps(data).encode()
            sent.setdefault("Content-Type", "application/json")
        what = f"{method} {self.url}{path.partition('?')[0]}"
        status, body, later = self._exchange(what, method, path, data, sent)
        if not http.client.OK <= status < http.client.MULTIPLE_CHOICES:
            raise ApiError(f"{what} answered {status}: {_excerpt(body)}", status, _parsed_or_text(body), later)
        if raw:
            return body
        try:
            return json.loads(body) if body else None
        except ValueError as exc:
            raise ApiError(f"{what} answered {status} but no JSON: {_excerpt(body)}", status, body) from exc

    def _exchange(
        self, what: str, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, str | None]:
        connection = self._connection()
        try:
            connection.request(method, self._prefix + path, body=data, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Retry-After")
        except (OSError, http.client.HTTPException) as exc:
            where = f" at {self._address}" if self._address else ""
            raise ApiError(f"{what}{where} got no answer: {str(exc) or type(exc).__name__}") from exc
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self.timeout)
        else:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=self.timeout, context=self._tls)
        if self._address:
            # http.client opens its socket through this attribute, then verifies TLS against the URL's host name
            connection._create_connection = _FixedAddress(self._address)  # type: ignore[attr-defined]
        return connection


def _tls_context(ca_file: str | None, ca_pem: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None, cadata=ca_pem or None)
    except (OSError, ValueError) as exc:
        raise ApiError(f"Cannot read the certificate authority {ca_file or 'that was given'}: {exc}") from exc
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _parsed_or_text(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _excerpt(body: bytes) -> str:
    text = " ".join(body.decode(errors="replace").split())
    return text[:EXCERPT] + ("..." if len(text) > EXCERPT else "") if text else "an empty body"
