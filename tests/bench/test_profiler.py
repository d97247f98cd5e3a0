import time

from fleet_app.bench.profiler import Profile, Profiler


def burn(seconds: float) -> int:
    until_s = time.thread_time() + seconds
    turns = 0
    while time.thread_time() < until_s:
        turns += 1
    return turns


def profile() -> Profile:
    profiler = Profiler()
    profiler.start()
    burn(0.3)
    return profiler.stop()


def test_time_is_found_where_it_goes() -> None:
    seen = profile()

    assert seen.lines[0].function == "burn"
    assert sum(line.share for line in seen.lines if line.function == "burn") > 0.8


def test_a_caller_is_credited_with_what_it_calls() -> None:
    shares = {function.function: function.share for function in profile().functions}

    assert shares["profile"] > 0.8


def test_a_function_is_told_from_what_it_calls() -> None:
    own = {function.function: function.own_share for function in profile().functions}

    assert own["burn"] > 0.8
    assert own["profile"] < 0.1


def test_shares_are_of_the_main_threads_time() -> None:
    seen = profile()

    assert 0.99 < sum(line.share for line in seen.lines) <= 1.001
    assert seen.main_cpu_s >= 0.3
    assert seen.samples > 10
