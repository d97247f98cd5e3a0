"""Write the tables that the documents take from the code: settings in README.md, topics in docs/topics.md."""

import re
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from fleet_app.settings import PREFIX, Settings
from fleet_app.topics import TOPICS

ROOT: Final = Path(__file__).parents[1]
_DAY_S: Final = 86_400


def settings_table() -> str:
    """Return the settings as a Markdown table."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(name, field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | |", "|---|---|---|", *rows])


def _default(name: str, field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return {"state_dir": "`~/.local/state/fleet`", "cache_dir": "`~/.cache/fleet`"}[name]
    value = field.default
    return "" if value in (None, ()) else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def topics_table() -> str:
    """Return the topics as a Markdown table."""
    rows = []
    for topic in TOPICS:
        kept = "the newest per key" if topic.retention_s is None else f"{topic.retention_s // _DAY_S} d"
        rows.append(
            f"| `{topic.name}` | {topic.key} | `{topic.value.__name__}` | {kept} | {topic.written_by} | "
            f"{topic.read_by} |"
        )
    return "\n".join(["| topic | key | value | kept | written by | read by |", "|---|---|---|---|---|---|", *rows])


TABLES: Final = {"README.md": ("settings", settings_table), "docs/topics.md": ("topics", topics_table)}


def rewritten(text: str, name: str, table: str) -> str:
    """Return `text` with the table between the marks of that name replaced."""
    start, end = f"<!-- {name}: made by tools/make_tables.py -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{start}\n{table}\n{end}", text)


def main() -> None:
    """Write every table into its document."""
    for path, (name, make) in TABLES.items():
        document = ROOT / path
        document.write_text(rewritten(document.read_text(), name, make()))
        print(f"{path}: {name}")


if __name__ == "__main__":
    main()
