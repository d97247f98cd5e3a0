"""Any stored value as a JSON object with field names, whatever form the table stores it in."""

import msgspec


def to_object(value: object) -> object:
    """Return `value` with every Struct in it as a dict by field name; all else is left to the JSON encoder."""
    if isinstance(value, msgspec.Struct):
        return {name: to_object(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: to_object(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_object(item) for item in value]
    return value
