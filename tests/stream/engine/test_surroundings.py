"""What the operator leaves open has a safe value."""

from fleet_app.stream.engine.surroundings import Rules


def test_a_worker_stops_at_the_limit_of_dead_letters_unless_told_otherwise() -> None:
    assert Rules(app_id="app", commit_interval_s=0.5).stops_at_dead_letter_limit
