"""docs/vehicles.md says what the code does."""

import re
from pathlib import Path

import msgspec
import pytest

from fleet_app.domain.profiles.checks import fault_of
from fleet_app.domain.profiles.profile import FuelType, RuleOverrides, VehicleProfile
from fleet_app.domain.rules import Rules
from fleet_app.domain.vehicle_class import LIMITS, VehicleClass
from fleet_app.fleet_csv.table import COLUMNS, ProfileRow, merged, read_profiles

PAGE = (Path(__file__).parents[2] / "docs" / "vehicles.md").read_text()
FIELDS, REST = PAGE.split("A profile does not make a vehicle", 1)


def first_cells(text: str) -> list[str]:
    """Return what stands as code in the first cell of each row of the tables."""
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def test_every_field_of_a_profile_is_on_the_page() -> None:
    told = [field for field in VehicleProfile.__struct_fields__ if field not in {"revision", "overrides"}]
    overrides = [f"overrides.{field}" for field in RuleOverrides.__struct_fields__]

    assert first_cells(FIELDS.partition("| class |")[0]) == [*told, *overrides]
    assert [code for code in (*FuelType, *VehicleClass) if f"`{code}`" not in FIELDS] == []


@pytest.mark.parametrize("vehicle_class", VehicleClass)
def test_the_limits_of_a_class_are_on_the_page(vehicle_class: VehicleClass) -> None:
    limits = LIMITS[vehicle_class]

    kmh = [round(limits.max_speed_mps * 3.6), round(limits.speed_limit_mps * 3.6)]
    assert f"| `{vehicle_class}` | {kmh[0]} km/h | {kmh[1]} km/h |" in PAGE


def test_the_rules_without_overrides_are_on_the_page() -> None:
    defaults = dict(
        zip(Rules.__struct_fields__[-len(Rules.__struct_defaults__) :], Rules.__struct_defaults__, strict=True)
    )

    assert f"Overspeed is told after so long; {defaults['overspeed_told_ms'] // 1_000} without it" in PAGE
    assert f"Idling is told after so long; {defaults['idle_told_ms'] // 1_000} without it" in PAGE


def test_every_column_of_the_table_is_on_the_page() -> None:
    assert sorted(first_cells(REST)) == sorted(COLUMNS)


def test_the_examples_on_the_page_are_profiles() -> None:
    examples = re.findall(r"^(\{\"vehicle_id.*?\}\})$|-d '(\{.*?\})'", PAGE, re.MULTILINE | re.DOTALL)
    profiles = [msgspec.json.decode(one or other, type=VehicleProfile) for one, other in examples]

    assert len(profiles) == 2
    assert [fault_of(profile) for profile in profiles] == [None, None]


def test_the_file_on_the_page_can_be_imported() -> None:
    (file,) = re.findall(r"^\$ cat fleet.csv\n(.*?)^\$", PAGE, re.MULTILINE | re.DOTALL)
    rows = read_profiles(file.encode())

    assert [merged(row, None).name for row in rows if isinstance(row, ProfileRow)] == ["Van 7", "Van 8"]
