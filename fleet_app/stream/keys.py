"""How a table's keys are stored: as bytes that sort the way a reader wants to walk them."""

import struct
from typing import Final, Generic, Protocol, TypeVar

K = TypeVar("K")

RowKey = tuple[str, int]
"""A row of a key: whose it is, and what it is sorted by, such as the start of a window in ms."""


class Keys(Protocol, Generic[K]):
    """The stored form of a table's keys."""

    def encode(self, key: K) -> bytes:
        """Return the stored form."""

    def decode(self, stored: bytes) -> K:
        """Return the key behind a stored form."""

    def home(self, key: K) -> str:
        """Return the text whose murmur2 decides the key's partition."""

    def show(self, key: K) -> str:
        """Return the key as a person writes it."""


class TextKeys:
    """One value per text; stored as UTF-8, sorted by its bytes."""

    def encode(self, key: str) -> bytes:
        """Return the text's UTF-8.

        Raises:
            ValueError: The text begins with a zero byte, as only the markers in a changelog do.
        """
        if key[:1] == "\0":
            raise ValueError(f"the key {key!r} begins with a zero byte, as only a changelog's markers may")
        return key.encode()

    def decode(self, stored: bytes) -> str:
        """Return the text."""
        return stored.decode()

    def home(self, key: str) -> str:
        """Return the text itself."""
        return key

    def show(self, key: str) -> str:
        """Return the text itself."""
        return key


_SEPARATOR: Final = b"\0"
_SUFFIX: Final = struct.Struct(">xQ")
"""The separator, and the number."""
_MIDDLE: Final = 1 << 63
LOWEST: Final = -_MIDDLE
"""The lowest number that a row can have."""
HIGHEST: Final = _MIDDLE - 1
"""The highest number that a row can have."""


class RowKeys:
    """Many rows per text, sorted by a whole number (64 bits, signed); stored as UTF-8, a zero byte, the number."""

    def encode(self, key: RowKey) -> bytes:
        """Return the stored form.

        Raises:
            ValueError: The text holds a zero byte, or the number takes more than 64 bits.
        """
        return self.before(*key)

    def before(self, text: str, number: int) -> bytes:
        """Return the stored form of the first key of `text` that is not below `number`.

        Raises:
            ValueError: The text holds a zero byte, or the number takes more than 64 bits.
        """
        raw = text.encode()
        if _SEPARATOR in raw:
            raise ValueError(f"the key {text!r} of a row holds a zero byte, which ends it")
        if not LOWEST <= number <= HIGHEST:
            raise ValueError(f"the number {number} of a row of {text!r} takes more than 64 bits")
        return raw + _SUFFIX.pack(number + _MIDDLE)

    def decode(self, stored: bytes) -> RowKey:
        """Return the text and the number."""
        number: int = _SUFFIX.unpack(stored[-_SUFFIX.size :])[0]
        return stored[: -_SUFFIX.size].decode(), number - _MIDDLE

    def home(self, key: RowKey) -> str:
        """Return the text: all rows of a text live in one partition."""
        return key[0]

    def show(self, key: RowKey) -> str:
        """Return text and number, as `v-7@1700000000000`."""
        return f"{key[0]}@{key[1]}"


TEXT: Final = TextKeys()
ROWS: Final = RowKeys()
