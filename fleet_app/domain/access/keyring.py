"""All API keys that there are, as every worker knows them."""

from collections.abc import Iterator, Mapping

from fleet_app.domain.access.api_key import ApiKey


class Keyring:
    """API keys by id. Never changed once made."""

    def __init__(self, keys: Mapping[str, ApiKey] | None = None) -> None:
        self._keys = {} if keys is None else dict(sorted(keys.items()))

    def changed(self, changes: Mapping[str, ApiKey | None]) -> "Keyring":
        """Return all keys after changes, by id; None deletes."""
        after = {**self._keys, **changes}
        return Keyring({key_id: key for key_id, key in after.items() if key is not None})

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key by its id."""
        return self._keys.get(key_id)

    def __iter__(self) -> Iterator[ApiKey]:
        """Walk all, in the order of their ids."""
        return iter(self._keys.values())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)
