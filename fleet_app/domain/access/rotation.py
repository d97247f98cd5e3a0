"""A new secret for a key, beside the old one for a while."""

import msgspec

from fleet_app.domain.access.api_key import ApiKey, Secret


def rotated(key: ApiKey, fresh: Secret, *, overlap_ms: int) -> ApiKey:
    """Return a key with a fresh secret; the newest one that it has is good for `overlap_ms` more, others no longer.

    A secret that would expire sooner does so as it would have.
    """
    newest = key.secrets[-1]
    ends_ms = fresh.created_ms + overlap_ms
    if newest.expires_ms is not None:
        ends_ms = min(ends_ms, newest.expires_ms)
    is_over = ends_ms <= fresh.created_ms
    old = () if is_over else (msgspec.structs.replace(newest, expires_ms=ends_ms),)
    return msgspec.structs.replace(key, secrets=(*old, fresh))
