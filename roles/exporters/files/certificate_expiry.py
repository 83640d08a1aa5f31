"""Writes when each certificate below a directory expires, as node exporter's textfile collector reads it.

certificate_expiry.py DIRECTORY FILE
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

METRIC = "privatechat_certificate_expiry_timestamp_seconds"
HELP = "When the certificate expires, in seconds since 1970; 0 for one that cannot be read."
BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
BEGIN = b"-----BEGIN CERTIFICATE-----"


def expiry(certificate: x509.Certificate) -> int:
    """Return when the certificate expires, in seconds since 1970."""
    # Only newer libraries know the first, and call the second outdated.
    end: datetime = getattr(certificate, "not_valid_after_utc", None) or certificate.not_valid_after.replace(tzinfo=UTC)
    return int(end.timestamp())


def certificates(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield subject and expiry of each certificate in PEM; what claims to be one and is not has expired."""
    blocks = BLOCK.findall(data)
    for block in blocks:
        try:
            certificate = x509.load_pem_x509_certificate(block)
            yield certificate.subject.rfc4514_string(), expiry(certificate)
        except ValueError:
            yield "", 0
    if len(blocks) < data.count(BEGIN):
        yield "", 0


def escaped(text: str) -> str:
    """Return the text as the value of a label."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def page(directory: Path) -> str:
    """Return the metrics of all certificates below the directory; of equal ones in a file the earliest counts."""
    found: dict[tuple[str, str], int] = {}
    for path in sorted(directory.rglob("*.pem")):
        # Nobody's business but the service's, and it holds no certificate.
        if path.name == "key.pem":
            continue
        for subject, end in certificates(path.read_bytes()):
            key = (str(path), subject)
            found[key] = min(end, found.get(key, end))
    lines = [f"# HELP {METRIC} {HELP}", f"# TYPE {METRIC} gauge"]
    for (name, subject), end in found.items():
        lines.append(f'{METRIC}{{path="{escaped(name)}",subject="{escaped(subject)}"}} {end}')
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Replace the file in one step, readable by all."""
    # The collector reads only names that end in .prom.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    write(Path(sys.argv[2]), page(Path(sys.argv[1])))
