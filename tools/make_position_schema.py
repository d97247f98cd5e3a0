"""Write what the documents take from `Position`: docs/positions.schema.json, and the table in docs/positions.md."""

import json
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from fleet_app.domain.position import Position

DOCS: Final = Path(__file__).parents[1] / "docs"
SCHEMA: Final = DOCS / "positions.schema.json"
PAGE: Final = DOCS / "positions.md"
START: Final = "<!-- fields: made by tools/make_position_schema.py -->"
END: Final = "<!-- end of fields -->"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one position."""
    made = msgspec.json.schema(Position)
    position: dict[str, Any] = made["$defs"][Position.__name__]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **position}


def schema_text() -> str:
    """Return the schema as it stands in its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def fields_table() -> str:
    """Return the fields as a Markdown table."""
    made = schema()
    rows = [_row(name, field, required=name in made["required"]) for name, field in made["properties"].items()]
    return "\n".join(["| field | | JSON | range | |", "|---|---|---|---|---|", *rows])


def rewritten(page: str) -> str:
    """Return the page with its table made again."""
    pattern = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{START}\n{fields_table()}\n{END}", page)


def _row(name: str, field: dict[str, Any], *, required: bool) -> str:
    told = field["anyOf"][0] if "anyOf" in field else field
    return (
        f"| `{name}` | {'required' if required else ''} | {told['type']} | {_range(told)} | "
        f"{told.get('description', '')} |"
    )


def _range(field: dict[str, Any]) -> str:
    match field["type"]:
        case "integer" | "number":
            return f"{field['minimum']:,.0f} to {field['maximum']:,.0f}"
        case "string":
            return f"{field['minLength']} to {field['maxLength']} characters"
        case "object":
            return f"up to {field['maxProperties']} entries"
        case _:
            return ""


def main() -> None:
    """Write both."""
    SCHEMA.write_text(schema_text())
    PAGE.write_text(rewritten(PAGE.read_text()))
    print(f"{SCHEMA.name}, {PAGE.name}")


if __name__ == "__main__":
    main()
