"""A password's hash is one that bcrypt itself accepts, and the same on every run."""

from __future__ import annotations

import ctypes
import re

import pytest

from ansible_collections.privatechat.platform.plugins.plugin_utils import _bcrypt

PASSWORDS = ["a", "correct horse", 'it\'s "made up" \\ {too}', "ä" * 36]


def accepts(password: str, made: str) -> bool:
    """Tell whether the C library, given the whole hash for a salt, comes to the same hash."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.argtypes, crypt.restype = (ctypes.c_char_p, ctypes.c_char_p), ctypes.c_char_p
    answer: bytes = crypt(password.encode(), made.encode())
    return answer == made.encode()


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_hash_is_what_servers_compare_with(password: str) -> None:
    made = _bcrypt.bcrypt_hash(password, "operator")
    assert re.fullmatch(r"\$2b\$10\$[./A-Za-z0-9]{53}", made)
    assert accepts(password, made)
    assert not accepts(f"x{password}"[:72], made)


def test_the_salt_follows_from_password_and_user_alone() -> None:
    one = _bcrypt.bcrypt_hash("a", "operator")
    assert _bcrypt.bcrypt_hash("a", "operator") == one
    others = [_bcrypt.bcrypt_hash("a", "somebody"), _bcrypt.bcrypt_hash("b", "operator")]
    assert len({made[:29] for made in [one, *others]}) == 3


@pytest.mark.parametrize("password", ["", "x" * 73, "ä" * 37, "a\0b"])
def test_a_password_that_would_be_cut_is_refused(password: str) -> None:
    with pytest.raises(_bcrypt.HashError, match="The password of 'operator' has") as problem:
        _bcrypt.bcrypt_hash(password, "operator")
    assert not password or password not in str(problem.value)


@pytest.mark.parametrize("libraries", [(), ("libnowhere.so.9",), ("libc.so.6",)])
def test_a_machine_without_the_library_is_told_what_to_install(libraries: tuple[str, ...]) -> None:
    with pytest.raises(_bcrypt.HashError, match="Install libxcrypt"):
        _bcrypt.bcrypt_hash("a", "operator", libraries)
