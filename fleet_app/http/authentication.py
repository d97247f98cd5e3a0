"""Who asks: proven by a key, a session or the cluster secret; without keys, anybody on this machine.

Two modes, one class each. What a key may do is not decided here: see `access`.
"""

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from fleet_app.domain.access.api_key import ApiKey
from fleet_app.domain.access.caller import LOCAL, OPERATOR, Caller
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.tokens import caller_by, digest_of, is_in_force, recognise
from fleet_app.global_views import API_KEYS
from fleet_app.http.head import CSRF, Head
from fleet_app.http.origins import Origins
from fleet_app.http.problems import ApiError, Code, bad_request, shown, unavailable
from fleet_app.http.sessions import LIFETIME_S, Session, Sessions, cookie_in
from fleet_app.http.throttle import Throttle, network_of
from fleet_app.http.workers import SCHEME, read_on_behalf_of
from fleet_app.settings import is_loopback
from fleet_app.stream.reads import LocalViews

_KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
UNKNOWN: Final = "(unknown)"
"""Stands for who tried to log in with what is no key of anybody."""


class WrongCredentialsError(ApiError):
    """401: what was sent proves nothing.

    Attributes:
        tried: The id of the key that was tried, if there is such a key, else `(unknown)`: never a part of a secret.
    """

    def __init__(self, tried: str) -> None:
        super().__init__(
            HTTPStatus.UNAUTHORIZED,
            Code.UNAUTHORIZED,
            "this key or session is not known here, or has expired or been revoked",
        )
        self.tried = tried


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has begun: whose, its cookie, and how long it lasts."""

    caller: Caller
    cookie: str
    lifetime_s: int


class SessionNow(msgspec.Struct, frozen=True, kw_only=True):
    """What a session's owner needs to know of it: when it ends, ms since 1970, and the token that changes need."""

    expires_ms: int
    csrf_token: str


class Authentication(Protocol):
    """Finds out who asks."""

    def identify(self, head: Head) -> Caller:
        """Return who sends a request.

        Raises:
            ApiError: Nobody who may send it: 400, 401, 403, 421, 429, or 503 where that cannot be told yet.
        """

    def admit(self, head: Head) -> None:
        """Check a request that needs no key.

        Raises:
            ApiError: 403, a page of another origin may not send it; 421, it is meant for another host.
        """

    def log_in(self, head: Head, key: str) -> Login:
        """Begin a session with a key.

        Raises:
            ApiError: 400, there are no sessions here; 401, 429 or 503, it is no key, or that cannot be told yet.
        """

    def session(self, head: Head) -> SessionNow | None:
        """Return the session that a request of a known caller came in; None where it came with a key, or without."""


class OpenMode:
    """No keys: the worker listens on loopback only, and everybody who reaches it is its operator.

    What remains is a web page on the same machine that talks to it behind its user's back: so the Host header must
    name this machine (else a foreign name was made to point here), and a page may change something, or follow the
    feed, only from the worker's own origin or another member's.

    Args:
        own_url: The worker's advertised URL, whose host is accepted beside loopback names.
        origins: Tells own pages from others.
    """

    def __init__(self, own_url: str, origins: Origins) -> None:
        self._own_host = urlsplit(own_url).hostname
        self._origins = origins

    def identify(self, head: Head) -> Caller:
        """Return who everybody is here."""
        self.admit(head)
        return LOCAL

    def admit(self, head: Head) -> None:
        """Check host and origin."""
        name = _host_name(head.host)
        if name is None or not (is_loopback(name) or name == self._own_host):
            raise ApiError(
                HTTPStatus.MISDIRECTED_REQUEST,
                Code.WRONG_HOST,
                f"this worker answers to localhost, not to {shown(head.host)}; to be reached by another name it needs "
                "FLEET_API_KEY, or that name in FLEET_ADVERTISED_URL",
            )
        if not head.is_safe:
            self._origins.check(head)

    def log_in(self, head: Head, key: str) -> Login:  # noqa: ARG002 - the protocol's signature
        """Refuse: there is nothing to log in to."""
        raise bad_request("this worker asks nobody for a key; there is nothing to log in to")

    def session(self, head: Head) -> SessionNow | None:  # noqa: ARG002 - the protocol's signature
        """Return None: there are no sessions."""
        return None


class ClosedMode:
    """Keys: the operator's, those of the keyring, sessions begun with either, and the workers' own secret.

    Right credentials always pass: only failures are counted, and answered 429 in place of 401 when there are too many
    from one network or for one key. So nobody is locked out by a broken device behind the same address.

    Args:
        operator_key: `FLEET_API_KEY`.
        cluster_secret: `FLEET_CLUSTER_SECRET`.
        views: Where the keyring is.
        origins: Tells own pages from others.
        clock: Now, in seconds since 1970.
    """

    def __init__(
        self,
        *,
        operator_key: str,
        cluster_secret: str,
        views: LocalViews,
        origins: Origins,
        clock: Callable[[], float],
    ) -> None:
        self._operator_digest = digest_of(operator_key)
        self._cluster_digest = digest_of(cluster_secret)
        self._sessions = Sessions(cluster_secret)
        self._views = views
        self._origins = origins
        self._clock = clock
        self._by_network = Throttle()
        self._by_key = Throttle()

    def identify(self, head: Head) -> Caller:
        """Return who a request's header `Authorization` proves, or else its session."""
        if not head.authorization:
            return self._by_token(head, head.key_in_query) if head.key_in_query else self._by_session(head)
        scheme, _, given = head.authorization.partition(" ")
        match scheme.lower():
            case "bearer":
                return self._by_token(head, given)
            case "basic":
                # Browsers remember it and send it along unasked, as they do cookies.
                self.admit(head)
                return self._by_token(head, _password(given))
            case _ if scheme == SCHEME:
                return self._by_cluster_secret(head, given)
            case _:
                raise self._refusal(head, UNKNOWN)

    def admit(self, head: Head) -> None:
        """Check the origin; any host will do."""
        if not head.is_safe:
            self._origins.check(head)

    def log_in(self, head: Head, key: str) -> Login:
        """Begin a session."""
        caller = self._by_token(head, key)
        is_operator = caller is OPERATOR
        digest = self._operator_digest if is_operator else digest_of(key.partition(".")[2])
        cookie = self._sessions.issue(None if is_operator else caller.name, digest, self._now_ms())
        return Login(caller=caller, cookie=cookie, lifetime_s=LIFETIME_S)

    def session(self, head: Head) -> SessionNow | None:
        """Return the session of the request's cookie, unless it came with a key."""
        cookie = None if head.authorization else cookie_in(head.cookie)
        session = None if cookie is None else self._sessions.read(cookie, self._now_ms())
        if cookie is None or session is None:
            return None
        return SessionNow(expires_ms=session.expires_ms, csrf_token=self._sessions.csrf_token(cookie))

    def _by_token(self, head: Head, token: str) -> Caller:
        if hmac.compare_digest(digest_of(token), self._operator_digest):
            return OPERATOR
        key_id, dot, _ = token.partition(".")
        if not dot or _KEY_ID.fullmatch(key_id) is None:
            raise self._refusal(head, UNKNOWN)
        caller = recognise(self._keyring(), token, self._now_ms())
        if caller is None:
            raise self._refusal(head, key_id)
        return caller

    def _by_session(self, head: Head) -> Caller:
        cookie = cookie_in(head.cookie)
        if cookie is None:
            raise ApiError(
                HTTPStatus.UNAUTHORIZED,
                Code.UNAUTHORIZED,
                "send the header `Authorization: Bearer <key>`, or log in at /login",
            )
        session = self._sessions.read(cookie, self._now_ms())
        caller = None if session is None else self._owner(session)
        if caller is None:
            # Not counted: a page left open asks again and again when its session is over, and none can be guessed.
            raise WrongCredentialsError(UNKNOWN)
        if not head.is_safe:
            self._check_token(head, cookie)
        return caller

    def _owner(self, session: Session) -> Caller | None:
        """Return whose a session is, as the key is now; None where the secret that proved it is not in force."""
        if session.key_id is None:
            return OPERATOR if self._sessions.is_proven_by(session, self._operator_digest) else None
        key = self._keyring().get(session.key_id)
        return caller_by(key) if key is not None and self._is_in_force(session, key) else None

    def _is_in_force(self, session: Session, key: ApiKey) -> bool:
        now_ms = self._now_ms()
        return any(
            self._sessions.is_proven_by(session, secret.sha256) and is_in_force(secret, now_ms)
            for secret in key.secrets
        )

    def _check_token(self, head: Head, cookie: str) -> None:
        """Refuse a change that comes with a cookie alone: any page's form could send that."""
        if self._origins.is_own(head) and self._sessions.is_csrf_token(head.csrf, cookie):
            return
        raise ApiError(
            HTTPStatus.FORBIDDEN,
            Code.FORBIDDEN,
            f"a session changes something only from a page of these workers, with the header {CSRF} as GET "
            "/api/session tells it; programs send a key",
        )

    def _by_cluster_secret(self, head: Head, given: str) -> Caller:
        if not hmac.compare_digest(digest_of(given), self._cluster_digest):
            raise self._refusal(head, UNKNOWN)
        return read_on_behalf_of(head.on_behalf_of)

    def _refusal(self, head: Head, key_id: str) -> ApiError:
        """Count wrong credentials for the network they came from and the key that was tried, and return the answer."""
        now_s = self._clock()
        waits_s = [self._by_network.fail(network_of(head.address), now_s)]
        if key_id != UNKNOWN:
            waits_s.append(self._by_key.fail(key_id, now_s))
        if any(waits_s):
            return _too_many_failures(max(waits_s))
        return WrongCredentialsError(UNKNOWN if self._views.now(API_KEYS).get(key_id) is None else key_id)

    def _keyring(self) -> Keyring:
        if not self._views.is_whole(API_KEYS):
            raise unavailable(Code.NOT_RUNNING, f"this worker has not read {API_KEYS.topic.name} whole yet")
        return self._views.now(API_KEYS)

    def _now_ms(self) -> int:
        return int(self._clock() * 1_000)


def _too_many_failures(retry_after_s: int) -> ApiError:
    return ApiError(
        HTTPStatus.TOO_MANY_REQUESTS,
        Code.TOO_MANY_FAILURES,
        f"wrong credentials too many times; a right key is served at all times, a wrong one is answered in "
        f"{retry_after_s} s again",
        headers={"Retry-After": str(retry_after_s)},
    )


def _password(given: str) -> str:
    """Return the password of HTTP Basic, whatever the user; empty where it cannot be read."""
    try:
        return b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _host_name(host: str) -> str | None:
    """Return the name in a Host header, or None if it is not one."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
