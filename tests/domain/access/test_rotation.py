"""What becomes of a key's secrets when it gets another."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.domain.access.api_key import ApiKey, Secret
from fleet_app.domain.access.keyring import Keyring
from fleet_app.domain.access.rights import Role
from fleet_app.domain.access.rotation import rotated
from fleet_app.domain.access.tokens import digest_of, recognise

NOW_MS = 1_700_000_000_000


def secret(text: str, created_ms: int = NOW_MS, expires_ms: int | None = None) -> Secret:
    return Secret(sha256=digest_of(text), created_ms=created_ms, expires_ms=expires_ms)


def key(*secrets: Secret) -> ApiKey:
    return ApiKey(key_id="k1", name="Partner", role=Role.VIEWER, secrets=secrets)


OLD = secret("old", NOW_MS - 5_000)


def test_the_old_secret_is_good_for_as_long_as_was_asked() -> None:
    after = rotated(key(OLD), secret("new"), overlap_ms=1_000)

    assert after.secrets == (secret("old", NOW_MS - 5_000, NOW_MS + 1_000), secret("new"))


def test_without_overlap_only_the_new_secret_is_left() -> None:
    assert rotated(key(OLD), secret("new"), overlap_ms=0).secrets == (secret("new"),)


def test_a_secret_that_would_expire_sooner_still_does() -> None:
    brief = secret("old", NOW_MS - 5_000, NOW_MS + 10)

    assert rotated(key(brief), secret("new"), overlap_ms=1_000).secrets == (brief, secret("new"))


def test_a_secret_that_has_expired_is_dropped() -> None:
    over = secret("old", NOW_MS - 5_000, NOW_MS)

    assert rotated(key(over), secret("new"), overlap_ms=1_000).secrets == (secret("new"),)


def test_of_two_secrets_the_older_goes() -> None:
    older = secret("older", NOW_MS - 9_000, NOW_MS + 9_000)

    after = rotated(key(older, OLD), secret("new"), overlap_ms=1_000)

    assert [each.sha256 for each in after.secrets] == [digest_of("old"), digest_of("new")]


@given(
    steps=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), max_size=6),
    looked_ms=st.integers(0, 20_000),
)
def test_however_often_a_key_is_rotated_at_most_two_secrets_open_and_the_newest_does(
    steps: list[tuple[int, int]], looked_ms: int
) -> None:
    now_ms, rotating = NOW_MS, key(secret("0"))
    for number, (after_ms, overlap_ms) in enumerate(steps, 1):
        now_ms += after_ms
        rotating = rotated(rotating, secret(str(number), now_ms), overlap_ms=overlap_ms)

    keyring = Keyring({"k1": rotating})
    opening = [
        number for number in range(len(steps) + 1) if recognise(keyring, f"k1.{number}", now_ms + looked_ms) is not None
    ]
    assert opening in ([len(steps)], [len(steps) - 1, len(steps)])
