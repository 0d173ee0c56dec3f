"""Inputs that nobody has thought of: real ones, spoiled; and plain noise."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

_MOST = 4000
"""Bytes of an input, mostly; a parser's time is held against it."""

_NUMBERS = (
    *(b"0", b"-1", b"00", b"1", b"1.5", b"-0", b"0.0", b"1e3", b"1e-400", b"1e400", b"10000001", b"4294967296"),
    *(b"18446744073709551616", b"9" * 400, b"NaN", b"Infinity", b"null", b"true", b'"7"', b'""', b"[]", b"{}", b"+5"),
)
_WORDS = (
    *(b"\r\n", b"\n", b"\r", b"=", b":", b",", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"?", b"%"),
    *(b".", b" ", b"\t", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", "ß".encode(), "\u2028".encode()),
    *("\U0001f6b6".encode(), "٣".encode(), b"\\u0030", b"\\ud800", b"NG", b"OK", b"Fail", b"Digest ", b"stale=true"),
    *(b"In", b"Out", b"Hourly", b"True", b"false", b"%2e%2e", b"%00", b"../", b"24:00", b"9999-12-31", b"0000-00-00"),
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_BLOCK = re.compile(rb"[{\[(\"<]")


class Mutator:
    """Makes inputs from samples; the same ones for the same seed."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._changes: tuple[Callable[[bytearray, Sequence[bytes]], None], ...] = (
            self._flip,
            self._insert,
            self._delete,
            self._repeat,
            self._number,
            self._number,
            self._splice,
            self._cut,
            self._swap,
            self._nest,
        )

    def make(self, samples: Sequence[bytes]) -> bytes:
        """One input; one in sixteen is noise, the others are samples with one to six changes."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.03:
            return chance.randbytes(chance.randrange(200))
        if kind < 0.06:
            return "".join(chr(self._code_point()) for _ in range(chance.randrange(60))).encode("utf-8", "replace")
        data = bytearray(chance.choice(samples))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            chance.choice(self._changes)(data, samples)
        return bytes(data[:_MOST]) if chance.random() < 0.999 else bytes(data * 40)

    def _code_point(self) -> int:
        return self._chance.choice(
            (self._chance.randrange(128), self._chance.randrange(0x2100), 0x1F6B6, 0xFEFF, 0x661)
        )

    def _at(self, data: bytearray) -> int:
        return self._chance.randrange(len(data) + 1)

    def _flip(self, data: bytearray, _: Sequence[bytes]) -> None:
        if data:
            data[self._chance.randrange(len(data))] = self._chance.randrange(256)

    def _insert(self, data: bytearray, _: Sequence[bytes]) -> None:
        at = self._at(data)
        data[at:at] = self._chance.choice(_WORDS) * self._chance.choice((1, 1, 1, 3, 50))

    def _delete(self, data: bytearray, _: Sequence[bytes]) -> None:
        at = self._at(data)
        del data[at : at + self._chance.choice((1, 2, 8, 64))]

    def _repeat(self, data: bytearray, _: Sequence[bytes]) -> None:
        at = self._at(data)
        piece = data[at : at + self._chance.choice((1, 8, 40, 200))]
        data[at:at] = piece * self._chance.choice((1, 2, 12))

    def _number(self, data: bytearray, _: Sequence[bytes]) -> None:
        found = list(_NUMBER.finditer(data))
        if found:
            place = self._chance.choice(found)
            data[place.start() : place.end()] = self._chance.choice(_NUMBERS)

    def _splice(self, data: bytearray, samples: Sequence[bytes]) -> None:
        other = self._chance.choice(samples)
        at, start = self._at(data), self._chance.randrange(len(other) + 1)
        data[at:at] = other[start : start + self._chance.choice((4, 30, 300))]

    def _cut(self, data: bytearray, _: Sequence[bytes]) -> None:
        del data[self._at(data) :]

    def _swap(self, data: bytearray, _: Sequence[bytes]) -> None:
        at = self._at(data)
        data[:] = data[at:] + data[:at]

    def _nest(self, data: bytearray, _: Sequence[bytes]) -> None:
        found = list(_BLOCK.finditer(data))
        if found:
            at = self._chance.choice(found).start()
            data[at:at] = data[at : at + 1] * self._chance.choice((1, 3, 1000))
