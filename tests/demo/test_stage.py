import socket
import webbrowser
from pathlib import Path

import pytest

from fleet_app.demo.stage import Demo, demo_settings, open_browser, require_free_ports, what_to_try
from fleet_app.errors import PortError
from fleet_app.settings import Security
from tests.support.processes import free_ports


def demo(port: int = 8080, workers: int = 2) -> Demo:
    return Demo(workers=workers, port=port, broker_port=0, seconds=None, browser=False)


def test_nothing_in_the_environment_leads_the_demo_off_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = {
        "FLEET_HOST": "0.0.0.0",
        "FLEET_API_KEY": "a-key-of-16-characters-or-more",
        "FLEET_CLUSTER_SECRET": "a-secret-of-32-characters-or-more",
        "FLEET_CORS_ORIGINS": "https://tms.example",
        "FLEET_ADVERTISED_URL": "https://fleet.example",
        "FLEET_MAP_STYLE_URL": "https://maps.example/style.json",
        "FLEET_BROKER_SECURITY": "SASL_SSL",
        "FLEET_BROKER_USERNAME": "fleet",
        "FLEET_BROKER_PASSWORD": "secret",
        "FLEET_REPLICATION": "3",
        "FLEET_STATE_DIR": "/var/lib/fleet",
    }
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    settings = demo_settings(demo(), tmp_path)

    assert settings.url == "http://127.0.0.1:8080"
    assert (settings.broker_security, settings.replication) == (Security.PLAINTEXT, 1)
    assert (settings.api_key, settings.cluster_secret, settings.cors_origins) == (None, None, ())
    assert settings.map_style_url is None
    assert settings.state_dir.is_relative_to(tmp_path)


@pytest.mark.parametrize(("told", "in_force"), [("", "warning"), ("debug", "debug")])
def test_workers_say_little_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: str, in_force: str
) -> None:
    monkeypatch.setenv("FLEET_LOG_LEVEL", told)

    assert demo_settings(demo(), tmp_path).log_level == in_force


def test_ports_that_are_free_will_do_and_stay_free(tmp_path: Path) -> None:
    first, second = free_ports(2)
    require_free_ports(demo_settings(demo(first), tmp_path), workers=2)

    with socket.create_server(("127.0.0.1", first)) as one, socket.create_server(("127.0.0.1", second)) as other:
        assert [server.getsockname()[1] for server in (one, other)] == [first, second]


def test_a_port_that_is_taken_is_named_with_the_option_that_helps(tmp_path: Path) -> None:
    first, second = free_ports(2)
    settings = demo_settings(demo(first), tmp_path)
    with socket.create_server(("127.0.0.1", second)):
        with pytest.raises(PortError, match=f"port {second}, for worker 2, is taken .* --port"):
            require_free_ports(settings, workers=2)
        require_free_ports(settings, workers=1)


def test_what_to_try_names_the_page_and_asks_the_last_worker() -> None:
    text = what_to_try(("http://127.0.0.1:8080", "http://127.0.0.1:8081"))

    assert "http://127.0.0.1:8080/\n" in text
    assert "http://127.0.0.1:8080/vehicles/van-07\n" in text
    assert 'search for "Greta Lindholm" or "B-FL 007"' in text
    assert "curl http://127.0.0.1:8081/api/vehicles/van-07\n" in text
    assert "curl http://127.0.0.1:8080/api/positions -d '{" in text


class Graphical(webbrowser.BaseBrowser):
    """A browser with a window."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002 - its signature
        self.opened.append(url)
        return True


def test_the_page_opens_in_a_graphical_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Graphical()
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    open_browser("http://127.0.0.1:8080")

    assert browser.opened == ["http://127.0.0.1:8080"]


def test_a_textual_browser_does_not_get_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("false"))
    monkeypatch.setattr(webbrowser.GenericBrowser, "open", lambda *_: pytest.fail("it was opened"))

    assert not open_browser("http://127.0.0.1:8080")


def test_a_machine_without_a_browser_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_here() -> webbrowser.BaseBrowser:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", none_here)

    assert not open_browser("http://127.0.0.1:8080")
