"""Settings: what is refused, how it is said, and what is shown."""

from pathlib import Path

import pytest

from fleet_app.errors import SettingsError
from fleet_app.settings import PREFIX, Settings, is_loopback, unknown_variables

KEY = "0123456789abcdef"
SECRET = "0123456789abcdef0123456789ABCDEF"  # noqa: S105 - not a real one


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def refusal(**given: object) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.load(**given)
    return str(refused.value)


def test_an_empty_environment_is_enough() -> None:
    assert Settings.load().url == "http://127.0.0.1:8080"


def test_a_variable_wins_over_the_default_and_an_option_over_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PORT", "9000")

    assert (Settings.load().port, Settings.load(port=9100).port) == (9000, 9100)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_API_KEY", "")

    assert Settings.load().api_key is None


def test_all_bad_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PORT", "http")
    monkeypatch.setenv("FLEET_PARTITIONS", "0")
    monkeypatch.setenv("FLEET_BROKER", "kafka")

    message = refusal()

    assert [name in message for name in ("FLEET_PORT", "FLEET_PARTITIONS", "FLEET_BROKER")] == [True, True, True]
    assert "'kafka' is not host:port" in message


def test_a_bad_option_is_named_as_the_option() -> None:
    assert "--port" in refusal(port=0)


@pytest.mark.parametrize(
    "url",
    [
        "maps.example/style.json",
        "ftp://maps.example/style.json",
        "https://user:secret@maps.example/style.json",
        "https://maps.example; script-src *",
        "https://*.example/style.json",
        "https://maps.example/a style.json",
        "https://maps.example:port/style.json",
        "javascript:alert(1)",
    ],
)
def test_a_map_style_that_could_say_something_else_in_the_pages_policy_is_refused(url: str) -> None:
    assert "is not http(s)://host/path" in refusal(map_style_url=url)


@pytest.mark.parametrize("url", ["https://Maps.example/style.json?key=a;b", "http://[::1]:3000/", "http://localhost:1"])
def test_a_map_style_is_any_address_of_the_web(url: str) -> None:
    assert Settings.load(map_style_url=url).map_style_url == url


def test_a_refused_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_API_KEY", "hunter2")

    assert "hunter2" not in refusal()


def test_secrets_are_masked_when_printed() -> None:
    settings = Settings.load(api_key=KEY, cluster_secret=SECRET, broker_password="open sesame")  # noqa: S106 - not a real one

    assert KEY not in str(settings)
    assert SECRET not in str(settings)
    assert "open sesame" not in repr(settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "fleet.example"])
def test_an_address_that_others_reach_needs_a_key(host: str) -> None:
    assert "set FLEET_API_KEY" in refusal(host=host)
    assert Settings.load(host=host, api_key=KEY, cluster_secret=SECRET).host == host


def test_the_workers_secret_goes_with_the_operators_key() -> None:
    assert "FLEET_CLUSTER_SECRET is set and FLEET_API_KEY is not" in refusal(cluster_secret=SECRET)


def test_who_only_asks_has_a_key_and_no_secret_and_a_worker_has_both() -> None:
    Settings.load(api_key=KEY, cluster_secret=SECRET).check_serving()
    asking = Settings.load(api_key=KEY)

    with pytest.raises(SettingsError, match="FLEET_API_KEY is set and FLEET_CLUSTER_SECRET is not"):
        asking.check_serving()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"api_key": "k" * 15}, "--api-key"),
        ({"cluster_secret": "s" * 31}, "--cluster-secret"),
        ({"api_key": "k" * 16 + " "}, "--api-key"),
        ({"api_key": "k" * 16 + "\n"}, "--api-key"),
        ({"cluster_secret": "ü" * 32}, "--cluster-secret"),
    ],
)
def test_a_secret_is_long_and_fits_into_a_header(given: dict[str, str], named: str) -> None:
    message = refusal(**{"api_key": KEY, "cluster_secret": SECRET, **given})

    assert named in message
    assert next(iter(given.values())) not in message


def test_other_origins_are_named_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_CORS_ORIGINS", "https://tms.example, http://localhost:5173,http://[::1]:5173")

    assert Settings.load(api_key=KEY, cluster_secret=SECRET).cors_origins == (
        "https://tms.example",
        "http://localhost:5173",
        "http://[::1]:5173",
    )


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "tms.example",
        "https://tms.example/",
        "https://TMS.example",
        "https://*.example",
        "ftp://tms.example",
        "https://user@tms.example",
        "https://tms.example\r\nSet-Cookie: a",
    ],
)
def test_what_is_no_origin_is_not_let_in(origin: str) -> None:
    assert "is no origin" in refusal(cors_origins=f"https://a.example,{origin}", api_key=KEY, cluster_secret=SECRET)


def test_other_origins_ask_with_a_key_so_there_must_be_one() -> None:
    assert "FLEET_CORS_ORIGINS" in refusal(cors_origins="https://tms.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    assert is_loopback(Settings.load(host=host).host)


@pytest.mark.parametrize("value", ["off", "OFF", " off "])
def test_the_age_gate_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FLEET_MAX_AGE_S", value)

    assert Settings.load().max_age_s is None


def test_vehicles_are_forgotten_after_90_days_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().vehicle_ttl_d == 90
    monkeypatch.setenv("FLEET_VEHICLE_TTL_D", "off")
    assert Settings.load().vehicle_ttl_d is None


@pytest.mark.parametrize("days", ["0.5", "inf", "nan"])
def test_vehicles_are_kept_for_a_day_at_least(days: str) -> None:
    assert "--vehicle-ttl-d" in refusal(vehicle_ttl_d=days)


def test_unknown_devices_are_taken_in_or_refused() -> None:
    assert [Settings.load(unknown_devices=given).unknown_devices for given in (None, "refuse")] == ["accept", "refuse"]
    assert "--unknown-devices" in refusal(unknown_devices="ask")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../UTC", "", "Europe"])
def test_a_time_zone_is_one_of_the_known(zone: str) -> None:
    assert "is not an IANA time zone" in refusal(timezone=zone)


def test_days_are_those_of_utc_unless_said_otherwise() -> None:
    assert (Settings.load().timezone, Settings.load(timezone="Asia/Kathmandu").timezone) == ("UTC", "Asia/Kathmandu")


@pytest.mark.parametrize("broker", ["", "kafka", "kafka:", ":9092", "kafka:0", "kafka:70000", "a:1,b", "a:1,,b:2"])
def test_bootstrap_servers_are_host_and_port(broker: str) -> None:
    assert "host:port" in refusal(broker=broker)


@pytest.mark.parametrize("url", ["worker-1:8080", "ftp://worker-1", "http://", "http://worker-1/api", "http://w?x=1"])
def test_an_advertised_url_is_a_base_url(url: str) -> None:
    assert "is not http(s)://host:port" in refusal(advertised_url=url)


def test_an_advertised_url_loses_its_last_slash() -> None:
    assert Settings.load(advertised_url="http://worker-1:8080/").url == "http://worker-1:8080"


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    assert Settings.load(host="::1").url == "http://[::1]:8080"


def test_heartbeats_must_leave_room_for_a_lost_one() -> None:
    assert "at most a third" in refusal(session_timeout_s=3, heartbeat_s=2)


def test_sasl_needs_its_credentials() -> None:
    assert "FLEET_BROKER_USERNAME" in refusal(broker_security="SASL_SSL")


def test_a_certificate_needs_its_key() -> None:
    assert "go together" in refusal(broker_cert_file=Path("client.pem"))


def test_each_value_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PORT", "9000")
    origins = Settings.load().origins({"state_dir": Path("here")})

    assert [origins[name] for name in ("port", "state_dir", "host")] == ["FLEET_PORT", "--state-dir", "default"]


def test_a_misspelt_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET_PROT", "9000")

    assert unknown_variables() == ["FLEET_PROT"]


def test_workers_on_one_machine_keep_their_state_apart() -> None:
    folders = {Settings.load(port=port).worker_dir for port in (8080, 8081)}

    assert len(folders) == 2
