from fleet_app.bench.machine import this_machine


def test_a_figure_comes_with_the_versions_of_what_took_part() -> None:
    machine = this_machine()

    assert machine.parts["faust-streaming"].startswith("0.")
    assert machine.parts["aiokafka"].startswith("0.")
    assert machine.kafka.startswith("4.")
    assert machine.python.split()[1].startswith("3.")
