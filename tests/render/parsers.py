"""Who reads a file on the host reads it here: each parser raises or returns what the reader complained about."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import yaml

Parser = Callable[[str], str]
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
}


class MissingParserError(Exception):
    """The program that reads such files is not installed here."""


def program(name: str) -> str:
    """Return the path of a program, also where only root looks; raise MissingParserError when it is not here."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
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
    return "\n".join(line for line in meaningful(text) if not re.fullmatch(r"-?[a-z][\w./-]+ ?= ?\S.*", line))


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


def staged(written: dict[str, str], root: Path, folder: str) -> Path:
    """Write the files below a folder of the host under a root of our own; return that folder there."""
    for path, content in written.items():
        if path.startswith(f"{folder}/"):
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
    return root / folder.lstrip("/")
