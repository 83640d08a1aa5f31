"""Who reads a file on the host reads it here: each parser raises or returns what the reader complained about."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Parser = Callable[[str], str]
CERTIFICATES = "/etc/privatechat/tls"
UNIT_SECTIONS = {
    "Unit",
    "Service",
    "Install",
    "Socket",
    "Timer",
    "Path",
    "Slice",
    "Manager",
    "Journal",
    "Resolve",
    "Time",
    "Coredump",
}


class MissingParserError(Exception):
    """The program that reads such files is not installed here."""


def program(name: str) -> str:
    """Return the path of a program, also where only root looks; raise MissingParserError when it is not here."""
    found = shutil.which(name) or shutil.which(Path(name).name, path="/usr/bin:/usr/sbin")
    if not found:
        raise MissingParserError(f"{name} is not installed, so its file was rendered and not parsed")
    return found


def yaml_mapping(text: str) -> str:
    content = yaml.safe_load(text)
    return "" if isinstance(content, dict) else f"holds {type(content).__name__}, no mapping"


def json_text(text: str) -> str:
    json.loads(text)
    return ""


def unit(text: str) -> str:
    """Return lines that systemd would ignore with a warning."""
    section, bad = "", []
    for line in text.replace("\\\n", " ").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
            bad += [] if section in UNIT_SECTIONS else [line]
        elif line.strip() and not line.startswith(("#", ";")) and not (section and re.match(r"[A-Z]\w+=", line)):
            bad.append(line)
    return "\n".join(bad)


def environment(text: str) -> str:
    """Return lines that are no assignment."""
    return "\n".join(line for line in meaningful(text) if not re.match(r"[A-Za-z_]\w*=", line))


def settings(text: str) -> str:
    """Return lines that name no kernel setting with a value."""
    return "\n".join(line for line in meaningful(text) if not re.fullmatch(r"-?[a-z][\w./*-]+ ?= ?\S.*", line))


def host_names(text: str) -> str:
    """Return lines without an address and a name after it."""
    bad = []
    for line in meaningful(text):
        address, *names = line.split()
        try:
            ipaddress.ip_address(address)
        except ValueError:
            names = []
        bad += [] if names else [line]
    return "\n".join(bad)


def words(text: str) -> str:
    """Return lines that are no keyword with arguments, as Redis and chrony read them."""
    return "\n".join(line for line in meaningful(text) if not re.match(r"[a-z][\w-]* +\S", line.strip()))


def apt(text: str) -> str:
    """Return what apt says of its configuration."""
    return complaint([program("apt-config"), "--config-file", "/dev/stdin", "dump"], text)


def perl(text: str) -> str:
    """Return what Perl says of a file of its own."""
    return complaint([program("perl"), "-c", "/dev/stdin"], text)


def python(text: str) -> str:
    compile(text, "rendered", "exec")
    return ""


def anything(text: str) -> str:
    """Accept files that nothing here can read."""
    return "" if text.strip() else "is empty"


def meaningful(text: str) -> list[str]:
    """Return the lines that are neither blank nor comments."""
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def complaint(command: list[str], text: str = "") -> str:
    """Return what the command says when it refuses its input, nothing when it takes it."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"ended with status {done.returncode}"


# The first pattern that fits a path says who reads the file.
PARSERS: list[tuple[str, Parser]] = [
    ("/etc/apt/apt.conf.d/*", apt),
    ("/etc/needrestart/conf.d/*", perl),
    ("/etc/systemd/*", unit),
    ("*.service", unit),
    ("/etc/sysctl.d/*", settings),
    ("/etc/hosts", host_names),
    ("*/redis*.conf", words),
    ("*.yml", yaml_mapping),
    ("*.yaml", yaml_mapping),
    ("*.json", json_text),
    ("*.py", python),
    ("*.env", environment),
    ("/etc/default/*", environment),
    ("/etc/environment", environment),
]


def parser_of(path: str) -> Parser:
    """Return who reads a file at this path."""
    return next((parser for pattern, parser in PARSERS if fnmatch(path, pattern)), anything)


def refusal(files: dict[str, str], commands: list[list[str]], root: Path) -> str:
    """Run a role's own checks on its files, laid out below the root, and return what the first one complains about."""
    for path, content in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(with_certificates(content, root))
    for command in commands:
        arguments = [str(argument).replace("{staged}", str(root)) for argument in command]
        if said := complaint([program(arguments[0]), *arguments[1:]]):
            return said
    return ""


def with_certificates(text: str, root: Path) -> str:
    """Return the text with every certificate that it names made below the root."""
    for path in set(re.findall(rf"{CERTIFICATES}/[\w./-]+\.pem", text)):
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(certificate())
    return text.replace(CERTIFICATES, f"{root}{CERTIFICATES}")


@cache
def certificate() -> str:
    """Return a self-signed certificate with its key, as one text."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chat.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (made.public_bytes(serialization.Encoding.PEM) + private).decode()
