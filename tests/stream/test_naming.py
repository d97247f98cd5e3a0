"""Names in Kafka last for life: they are what finds state and ends zombies."""

from fleet_app.stream.naming import changelog_name, transactional_id


def test_a_changelog_is_named_after_app_and_table() -> None:
    assert changelog_name("fleet", "vehicles") == "fleet-vehicles-changelog"


def test_a_partition_has_one_transactional_id_whoever_runs_it() -> None:
    assert transactional_id("fleet", 7) == "fleet-7"
