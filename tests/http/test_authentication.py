"""Who asks: what proves it, what does not, and how failures are told."""

from base64 import b64encode

import pytest

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.caller import LOCAL, OPERATOR, WORKER, Caller
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.tokens import digest_of, token_of
from fleet_app.global_views import API_KEYS
from fleet_app.http.authentication import UNKNOWN, ClosedMode, OpenMode, WrongCredentialsError
from fleet_app.http.head import Head
from fleet_app.http.origins import Origins
from fleet_app.http.problems import ApiError, Code
from fleet_app.http.workers import ON_BEHALF_OF, on_behalf_of
from tests.http.heads import HOST, NOBODY_ELSE, head
from tests.web.fakes import CLUSTER_SECRET, KEY, NOW_MS, FakeViews, SettableClock
from tests.web.keys import api_key, token

HOUR_MS = 3_600_000


class Door:
    """A worker's authentication, with what a test may turn."""

    def __init__(self) -> None:
        self.views = FakeViews()
        self.clock = SettableClock()
        self.members: list[str] = []
        self.mode = ClosedMode(
            operator_key=KEY,
            cluster_secret=CLUSTER_SECRET,
            views=self.views,
            origins=Origins(lambda: self.members, self.clock),
            clock=self.clock,
        )

    def knows(self, *keys: ApiKey) -> "Door":
        self.views.show(API_KEYS, {key.key_id: key for key in keys})
        return self

    def wait(self, milliseconds: int) -> None:
        self.clock.now_s += milliseconds / 1_000

    def cookie(self, key: str) -> str:
        return f"fleet_session={self.mode.log_in(head(method='POST'), key).cookie}"

    def refusal(self, given: Head) -> ApiError:
        with pytest.raises(ApiError) as refused:
            self.mode.identify(given)
        return refused.value

    def status(self, given: Head) -> int:
        return self.refusal(given).problem.status


@pytest.fixture
def door() -> Door:
    return Door().knows(api_key("dispatch", Role.DISPATCHER, "acme"), api_key("viewer", Role.VIEWER))


def by(key: str) -> Head:
    return head(authorization=f"Bearer {key}")


def basic(user_and_password: str) -> str:
    return f"Basic {b64encode(user_and_password.encode()).decode()}"


DISPATCH = Caller(name="dispatch", role=Role.DISPATCHER, tenant="acme")


def test_the_operators_key_proves_the_operator(door: Door) -> None:
    assert door.mode.identify(by(KEY)) == OPERATOR
    assert door.mode.identify(head(authorization=f"bearer {KEY}")) == OPERATOR


def test_a_key_of_the_keyring_proves_its_owner(door: Door) -> None:
    assert door.mode.identify(by(token("dispatch"))) == DISPATCH


@pytest.mark.parametrize("user", ["", "anybody", "dispatch"])
def test_a_key_may_come_as_the_password_of_http_basic(door: Door, user: str) -> None:
    assert door.mode.identify(head(authorization=basic(f"{user}:{token('dispatch')}"))) == DISPATCH


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer dispatch",
        "Bearer dispatch.",
        "Bearer .secret",
        "Bearer dispatch.wrong",
        "Bearer nobody.secret",
        f"Bearer {KEY} ",
        f"Bearer {KEY}.",
        f"Bearer {CLUSTER_SECRET}",
        f"Fleet-Worker {KEY}",
        "Fleet-Worker ",
        f"fleet-worker {CLUSTER_SECRET}",
        f"Digest {KEY}",
        KEY,
        "Basic ?",
        f"Basic {KEY}",
        basic(KEY),
        "Bearer \xfc.\xfc",
    ],
)
def test_anything_else_proves_nothing(door: Door, authorization: str) -> None:
    assert door.status(head(authorization=authorization)) == 401


def test_apps_that_can_set_no_header_prove_themselves_by_their_address(door: Door) -> None:
    assert door.mode.identify(head(path="/osmand", key_in_query=token("dispatch"))) == DISPATCH
    assert door.status(head(path="/osmand", key_in_query="dispatch.wrong")) == 401


def test_a_key_counts_until_it_expires_and_not_after_it_is_revoked(door: Door) -> None:
    expiring = Secret(sha256=digest_of("s"), created_ms=NOW_MS, expires_ms=NOW_MS + HOUR_MS)
    door.knows(api_key("guest", secrets=(expiring,)))
    guest = by(token_of("guest", "s"))

    assert door.mode.identify(guest).name == "guest"
    door.wait(HOUR_MS)
    assert door.status(guest) == 401
    door.views.show(API_KEYS, {"dispatch": None})
    assert door.status(by(token("dispatch"))) == 401


def test_before_the_keyring_is_whole_only_keys_that_need_it_must_wait(door: Door) -> None:
    door.views.are_whole = False

    assert door.mode.identify(by(KEY)) == OPERATOR
    assert door.mode.identify(head(authorization=f"Fleet-Worker {CLUSTER_SECRET}")) == WORKER
    assert door.status(by("nonsense")) == 401
    refusal = door.refusal(by(token("dispatch")))
    assert (refusal.problem.status, refusal.problem.code) == (503, Code.NOT_RUNNING)
    assert refusal.headers["Retry-After"] == "1"


def test_a_worker_asks_on_behalf_of_whom_it_says(door: Door) -> None:
    told = on_behalf_of(DISPATCH)[ON_BEHALF_OF].encode()
    caller = door.mode.identify(head(authorization=f"Fleet-Worker {CLUSTER_SECRET}", on_behalf_of=told))

    assert (caller.name, caller.tenant, caller.is_worker) == ("dispatch", "acme", True)


def test_nobody_but_a_worker_speaks_for_another(door: Door) -> None:
    told = on_behalf_of(OPERATOR)[ON_BEHALF_OF].encode()

    assert door.mode.identify(head(authorization=f"Bearer {token('dispatch')}", on_behalf_of=told)) == DISPATCH


def test_a_worker_that_speaks_for_nobody_readable_is_refused(door: Door) -> None:
    assert door.status(head(authorization=f"Fleet-Worker {CLUSTER_SECRET}", on_behalf_of=b"?")) == 400


# Sessions


@pytest.mark.parametrize("key", [KEY, token("dispatch")])
def test_a_session_is_as_good_as_the_key_that_began_it(door: Door, key: str) -> None:
    assert door.mode.identify(head(cookie=door.cookie(key))) == door.mode.identify(by(key))


def test_a_session_is_good_on_any_worker(door: Door) -> None:
    other = Door().knows(api_key("dispatch", Role.DISPATCHER, "acme"))

    assert other.mode.identify(head(cookie=door.cookie(token("dispatch")))) == DISPATCH


def test_a_key_that_is_sent_goes_before_a_session(door: Door) -> None:
    cookie = door.cookie(KEY)

    assert door.mode.identify(head(cookie=cookie, authorization=f"Bearer {token('dispatch')}")) == DISPATCH
    assert door.status(head(cookie=cookie, authorization="Bearer wrong")) == 401


def test_a_session_ends_when_its_key_is_revoked(door: Door) -> None:
    cookie = door.cookie(token("dispatch"))
    door.views.show(API_KEYS, {"dispatch": None})

    assert door.status(head(cookie=cookie)) == 401


def test_a_session_ends_when_its_secret_has_been_rotated_away(door: Door) -> None:
    cookie = door.cookie(token("dispatch"))
    (old,) = api_key("dispatch").secrets
    new = Secret(sha256=digest_of("new"), created_ms=NOW_MS)

    door.knows(api_key("dispatch", secrets=(new, old)))
    assert door.mode.identify(head(cookie=cookie)).name == "dispatch"
    door.knows(api_key("dispatch", secrets=(new,)))
    assert door.status(head(cookie=cookie)) == 401


def test_a_session_ends_with_the_secret_that_began_it(door: Door) -> None:
    secret = Secret(sha256=digest_of("s"), created_ms=NOW_MS, expires_ms=NOW_MS + HOUR_MS)
    door.knows(api_key("guest", secrets=(secret,)))
    cookie = door.cookie(token_of("guest", "s"))
    door.wait(HOUR_MS)

    assert door.status(head(cookie=cookie)) == 401


def test_a_session_has_the_rights_that_its_key_has_now(door: Door) -> None:
    cookie = door.cookie(token("dispatch"))
    door.knows(api_key("dispatch", Role.VIEWER, "other"))

    caller = door.mode.identify(head(cookie=cookie))
    assert (caller.role, caller.tenant) == (Role.VIEWER, "other")


def test_a_session_of_the_operator_ends_with_the_operators_key(door: Door) -> None:
    cookie = door.cookie(KEY)
    changed = ClosedMode(
        operator_key="another-operator-key",
        cluster_secret=CLUSTER_SECRET,
        views=door.views,
        origins=NOBODY_ELSE,
        clock=door.clock,
    )

    with pytest.raises(WrongCredentialsError):
        changed.identify(head(cookie=cookie))


def test_no_key_can_take_the_operators_session(door: Door) -> None:
    door.knows(api_key("operator", Role.VIEWER, "acme"))

    assert door.mode.identify(head(cookie=door.cookie(token("operator")))).tenant == "acme"


def test_a_session_changes_something_only_with_its_token_and_from_its_own_page(door: Door) -> None:
    cookie = door.cookie(token("dispatch"))
    session = door.mode.session(head(cookie=cookie))
    other = door.mode.session(head(cookie=door.cookie(KEY)))
    assert session is not None
    assert other is not None
    home = f"https://{HOST}"

    def change(origin: str, csrf: str) -> Head:
        return head(method="POST", cookie=cookie, origin=origin, csrf=csrf)

    assert door.mode.identify(change(home, session.csrf_token)) == DISPATCH
    refused = [
        change(home, ""),
        change(home, "wrong"),
        change(home, other.csrf_token),
        change("", session.csrf_token),
        change("null", session.csrf_token),
        change("https://evil.example", session.csrf_token),
    ]
    assert [door.status(each) for each in refused] == [403] * 6


def test_a_key_changes_something_from_anywhere(door: Door) -> None:
    sent = head(method="DELETE", origin="https://tms.example", authorization=f"Bearer {token('dispatch')}")

    assert door.mode.identify(sent) == DISPATCH


def test_a_key_that_a_browser_remembers_does_not(door: Door) -> None:
    sent = head(method="POST", origin="https://evil.example", authorization=basic(f":{token('dispatch')}"))

    assert door.status(sent) == 403


def test_only_a_request_in_a_session_has_one(door: Door) -> None:
    cookie = door.cookie(KEY)

    assert door.mode.session(head(cookie=cookie, authorization=f"Bearer {KEY}")) is None
    assert door.mode.session(head()) is None
    assert door.mode.session(head(cookie="fleet_session=forged")) is None


# Failures


def test_the_eleventh_failure_from_an_address_is_told_to_wait_and_a_right_key_passes_all_the_same(door: Door) -> None:
    statuses = [door.status(by("wrong")) for _ in range(12)]

    assert statuses == [401] * 10 + [429] * 2
    assert door.refusal(by("wrong")).headers["Retry-After"] == "300"
    assert door.mode.identify(by(token("dispatch"))) == DISPATCH
    door.wait(300_000)
    assert door.status(by("wrong")) == 401


def test_failures_of_one_address_are_not_held_against_another(door: Door) -> None:
    for _ in range(12):
        door.refusal(by("wrong"))

    assert door.status(head(authorization="Bearer wrong", address="198.51.100.1")) == 401


def test_failures_for_one_key_are_counted_wherever_they_come_from(door: Door) -> None:
    tries = [head(authorization="Bearer dispatch.wrong", address=f"192.0.2.{number}") for number in range(12)]

    assert [door.status(each) for each in tries] == [401] * 10 + [429] * 2


def test_sending_nothing_or_a_session_that_is_over_is_no_failure(door: Door) -> None:
    statuses = [door.status(head(cookie=cookie)) for cookie in ("", "fleet_session=over") for _ in range(12)]

    assert statuses == [401] * 24


def test_what_was_tried_is_told_by_ids_that_there_are_and_never_by_a_part_of_a_secret(door: Door) -> None:
    tried = [door.refusal(by(key)) for key in ("dispatch.wrong", "half-of-a.secret", "secret")]

    assert [each.tried for each in tried if isinstance(each, WrongCredentialsError)] == ["dispatch", UNKNOWN, UNKNOWN]


# Without keys


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "worker-1:8080"])
def test_without_keys_everybody_on_this_machine_is_its_operator(host: str) -> None:
    assert OpenMode("http://worker-1:8080", NOBODY_ELSE).identify(head(host=host)) == LOCAL


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (head(host="evil.example"), 421),
        (head(host=""), 421),
        (head(host="localhost", method="POST", origin="https://evil.example"), 403),
    ],
)
def test_without_keys_pages_from_elsewhere_are_kept_out(given: Head, status: int) -> None:
    with pytest.raises(ApiError) as refused:
        OpenMode("http://localhost:8080", NOBODY_ELSE).identify(given)

    assert refused.value.problem.status == status


def test_without_keys_there_is_nothing_to_log_in_to() -> None:
    mode = OpenMode("http://localhost:8080", NOBODY_ELSE)

    assert mode.session(head()) is None
    with pytest.raises(ApiError, match="asks nobody for a key"):
        mode.log_in(head(), KEY)


# Pages of other workers of the group


MEMBER = "http://worker-2:8081"


def test_a_session_changes_something_from_a_page_of_another_member_too(door: Door) -> None:
    cookie = door.cookie(token("dispatch"))
    told = door.mode.session(head(cookie=cookie))
    assert told is not None
    door.members = [MEMBER]

    assert door.mode.identify(change(cookie, told.csrf_token, MEMBER)).name == "dispatch"


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "https://worker-2:8081", "http://worker-2"])
def test_a_session_changes_nothing_from_anybody_elses_page(door: Door, origin: str) -> None:
    cookie = door.cookie(token("dispatch"))
    told = door.mode.session(head(cookie=cookie))
    assert told is not None
    door.members = [MEMBER]

    assert door.refusal(change(cookie, told.csrf_token, origin)).problem.status == 403


def test_the_token_of_a_session_is_asked_for_on_pages_of_other_members_too(door: Door) -> None:
    door.members = [MEMBER]

    assert door.refusal(change(door.cookie(token("dispatch")), "", MEMBER)).problem.status == 403


def test_without_keys_a_page_of_another_member_changes_things_and_a_strangers_does_not() -> None:
    mode = OpenMode("http://127.0.0.1:8080", Origins(lambda: ["http://127.0.0.1:8081"], float))
    asked = [
        head(host="127.0.0.1:8080", method="PUT", origin=origin)
        for origin in ("http://127.0.0.1:8081", "http://127.0.0.1:8082")
    ]

    assert mode.identify(asked[0]) == LOCAL
    with pytest.raises(ApiError, match="may not change anything here"):
        mode.identify(asked[1])


def change(cookie: str, csrf: str, origin: str) -> Head:
    return head(method="PUT", cookie=cookie, csrf=csrf, origin=origin)
