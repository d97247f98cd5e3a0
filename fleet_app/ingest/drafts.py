"""Values as people and programs write them into a request's body, before they have an id and a revision."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic

import msgspec
from litestar.dto import AbstractDTO
from litestar.exceptions import ClientException
from litestar.typing import FieldDefinition

from fleet_app.domain.revisions import Revision, V

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator
    from litestar.dto._backend import DTOBackend
    from litestar.openapi.spec import Reference, Schema

_NONE = msgspec.Raw(b"null")


class Draft(msgspec.Struct, Generic[V], frozen=True):
    """A value as it was written.

    Attributes:
        value: What it shall be; its own revision says nothing.
        revision: The revision that its writer says to have seen; None if the body does not say.
    """

    value: V
    revision: int | None


def read_draft(body: bytes, kind: type[V], *, id_field: str, default_id: str, tenant: str | None) -> Draft[V]:
    """Return what a body asks for; what has no id in it gets `default_id`, and what says not whose it is `tenant`.

    Raises:
        ClientException: It cannot be used; the message names the field and the rule.
    """
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        revision = msgspec.json.decode(fields.pop("revision", _NONE), type=Revision | None)
        fields.setdefault(id_field, msgspec.Raw(msgspec.json.encode(default_id)))
        if tenant is not None:
            fields.setdefault("tenant", msgspec.Raw(msgspec.json.encode(tenant)))
        value = msgspec.json.decode(msgspec.json.encode(fields), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientException(f"the body cannot be used, nothing was sent: {error}") from error
    unknown = sorted(set(fields) - set(kind.__struct_fields__))
    if unknown:
        raise ClientException(
            f"the body has fields that are none, nothing was sent: {', '.join(unknown)}; there are: "
            f"{', '.join(kind.__struct_fields__)}"
        )
    return Draft(value, revision)


class RawBody(AbstractDTO[Any]):
    """Hands a body over as it came: what is wrong with it is told in the words of whoever reads it.

    Attributes:
        documented: What the OpenAPI document says that the body is.
        id_field: The field that a draft may leave out, and beside which it has none that is not known; None for a body
            that is no draft.
    """

    documented: Any
    id_field: ClassVar[str | None] = None

    def decode_bytes(self, value: bytes) -> bytes:
        """Return the body."""
        return value

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: "type[DTOBackend] | None" = None
    ) -> None:
        """Nothing is generated."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,  # noqa: ARG003 - the base class's signature
        handler_id: str,  # noqa: ARG003 - the base class's signature
        schema_creator: "SchemaCreator",
    ) -> "Reference | Schema":
        """Return the schema of what is documented."""
        return schema_creator.for_field_definition(FieldDefinition.from_annotation(cls.documented))
