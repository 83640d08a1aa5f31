# Copyright (c) 2026, the privatechat.platform authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""bcrypt hashes of passwords that are the same on every run, made by the C library of the control machine."""

from __future__ import annotations

import base64
import ctypes
import hashlib

# Both names that distributions give to libxcrypt; glibc's own libcrypt knows no bcrypt and answers nothing.
LIBRARIES = ("libcrypt.so.1", "libcrypt.so.2")
COST, SALT_BYTES, SALT_LETTERS = 10, 16, 22
# Guessing the password by its salt takes longer than by its hash.
SALT_ROUNDS = 200_000
STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
OWN = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# What more a password has is cut off, so two of them would be the same.
LONGEST = 72


class HashError(Exception):
    """The hash cannot be made here."""


def salt_of(password: str, user: str) -> str:
    """Return bcrypt's salt for this password of this user, always the same one."""
    raw = hashlib.pbkdf2_hmac("sha256", password.encode(), f"bcrypt of {user}".encode(), SALT_ROUNDS, SALT_BYTES)
    return base64.b64encode(raw).translate(bytes.maketrans(STANDARD, OWN)).decode()[:SALT_LETTERS]


def bcrypt_hash(password: str, user: str, libraries: tuple[str, ...] = LIBRARIES) -> str:
    """Return the hash that a server compares the user's password with; the same on every run.

    Raises HashError when the password cannot be hashed whole or the machine has no library that knows bcrypt.
    """
    text = password.encode()
    if not text or len(text) > LONGEST or b"\0" in text:
        raise HashError(
            f"The password of '{user}' has {len(text)} bytes, and bcrypt takes 1 to {LONGEST} of them, none of them "
            "zero. Choose another one."
        )
    setting = f"$2b${COST}${salt_of(password, user)}".encode()
    for name in libraries:
        try:
            crypt = ctypes.CDLL(name).crypt
        except (OSError, AttributeError):
            continue
        crypt.argtypes, crypt.restype = (ctypes.c_char_p, ctypes.c_char_p), ctypes.c_char_p
        answer: bytes | None = crypt(text, setting)
        # The last letter of a salt has bits to spare, which the library sets to zero.
        if answer and answer.startswith(setting[:-1]):
            return answer.decode()
    raise HashError(
        f"The control machine cannot make bcrypt hashes: none of {', '.join(libraries)} knows them. Install libxcrypt "
        "there (Debian and Ubuntu: libcrypt1)."
    )
