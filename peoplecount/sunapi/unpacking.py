"""Bodies that are compressed though nobody asked for it: unpacked no further than they may be long.

``urllib3`` unpacks a piece whole before it looks how much was asked for, and what was packed twice once more: a
thousand bytes become a gigabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

Unpack = Callable[[bytes, int], bytes]
"""A piece of a body, unpacked, but at most so many bytes of it. Raises ``zlib.error``."""

_PLAIN = frozenset({"", "identity"})
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_EITHER = 32 + zlib.MAX_WBITS
"""With the header of gzip or of zlib; the data say which."""


def is_plain(content_encoding: str) -> bool:
    """Whether a body stands as it is."""
    return content_encoding.strip().lower() in _PLAIN


def unpacker(content_encoding: str) -> Unpack | None:
    """How to read a body; ``None`` where it is packed in a way that no camera uses, or several times."""
    if is_plain(content_encoding):
        return lambda piece, _most: piece
    if content_encoding.strip().lower() in _PACKED:
        return zlib.decompressobj(_EITHER).decompress
    return None
