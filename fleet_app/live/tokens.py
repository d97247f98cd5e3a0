"""Resume tokens: where a client stands, in terms that hold on every worker.

They are sealed: positions of partitions that all tenants share tell how busy the others are.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from msgspec import Meta

from fleet_app.live.fleet import Moment

LIFE_MS: Final = 12 * 3_600_000
"""A worker that started since may not have seen a removal any more: Kafka keeps tombstones for a day."""
LONGEST: Final = 16_384
"""Characters; what is longer is no token of ours, whatever the number of partitions."""
_FORMAT: Final = 1

_Offset = Annotated[int, Meta(ge=0)]
_Digest = Annotated[bytes, Meta(min_length=8, max_length=8)]


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What a client has been told of.

    Attributes:
        format: 1.
        made_ms: When, ms since 1970, by the clock of the worker that made it.
        origin: Which incarnation of the topic.
        wanted: Which cells, in which form.
        profiles: What tells the profiles that were known then from others.
        positions: The next offset of each partition, of what it has been told all of.
        ahead: How much further in each partition it may have been told something: a worker that is less far would
            take it back in time.
    """

    format: Annotated[int, Meta(ge=_FORMAT, le=_FORMAT)]
    made_ms: Annotated[int, Meta(ge=0)]
    origin: _Digest
    wanted: _Digest
    profiles: Annotated[int, Meta(ge=0)]
    positions: tuple[_Offset, ...]
    ahead: tuple[_Offset, ...]

    def is_reached(self, positions: Sequence[int]) -> bool:
        """Return whether a worker that is at these positions knows all that the client may have been told."""
        told = zip(positions, self.positions, self.ahead, strict=True)
        return all(here >= position + ahead for here, position, ahead in told)

    def fits(self, positions: Sequence[int]) -> bool:
        """Return whether it is of a topic with so many partitions."""
        return len(self.positions) == len(self.ahead) == len(positions)


_encode: Final = msgspec.msgpack.encode
_decoder: Final = msgspec.msgpack.Decoder(Token)


def origin_digest(origin: str) -> bytes:
    """Return eight bytes that tell one incarnation of a topic from others."""
    return blake2b(origin.encode(), digest_size=8).digest()


class TokenSeal:
    """Writes tokens that only the workers can read.

    Args:
        cluster_secret: What all workers share; the key is derived from it. Empty where everybody may see everything.
    """

    def __init__(self, cluster_secret: str) -> None:
        key = hmac.digest(cluster_secret.encode(), b"fleet live token", "sha256")
        self._fernet = Fernet(urlsafe_b64encode(key))

    def write(  # noqa: PLR0913 - what makes a token, each thing once
        self, told: Moment, newest: Sequence[int], *, origin: bytes, wanted: bytes, tenant: str | None, now_ms: int
    ) -> str:
        """Return the token of a client.

        Args:
            told: The moment up to which it has been told everything.
            newest: The positions up to which it may have been told something.
            origin: Which incarnation of the topic.
            wanted: Which cells, in which form.
            tenant: Of which tenant it is; None for all.
            now_ms: Now, ms since 1970.
        """
        ahead = tuple(there - here for there, here in zip(newest, told.positions, strict=True))
        token = Token(_FORMAT, now_ms, origin, wanted, told.profiles.of(tenant), told.positions, ahead)
        sealed = self._fernet.encrypt_at_time(_encode(token), now_ms // 1_000)
        return sealed.rstrip(b"=").decode()

    def read(self, text: str) -> Token:
        """Return what a token says.

        Raises:
            ValueError: It is none of these workers'.
        """
        if len(text) > LONGEST:
            raise ValueError(f"a token has at most {LONGEST} characters")
        try:
            token: Token = _decoder.decode(self._fernet.decrypt(text + "=" * (-len(text) % 4)))
        except (ValueError, InvalidToken, msgspec.MsgspecError) as error:
            raise ValueError("it is not a token of this feed: connect without one") from error
        return token
