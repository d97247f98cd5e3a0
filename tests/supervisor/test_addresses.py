from pathlib import Path

import pytest

from fleet_app.errors import SettingsError
from fleet_app.settings import Settings
from fleet_app.supervisor import worker_settings


def test_each_worker_has_its_own_folder_port_and_url(settings: Settings, tmp_path: Path) -> None:
    first, second = worker_settings(settings, 1), worker_settings(settings, 2)

    assert (first.worker_dir, first.port, first.url) == (tmp_path / "worker-18080", 18_080, "http://127.0.0.1:18080")
    assert (second.worker_dir, second.port, second.url) == (tmp_path / "worker-18081", 18_081, "http://127.0.0.1:18081")


@pytest.mark.parametrize(
    ("advertised", "second"),
    [
        ("http://host-a:9000", "http://host-a:9001"),
        ("http://[fd00::1]:9000", "http://[fd00::1]:9001"),
    ],
)
def test_an_advertised_url_counts_up_with_the_workers(settings: Settings, advertised: str, second: str) -> None:
    told = settings.model_copy(update={"advertised_url": advertised})

    assert worker_settings(told, 1).url == advertised
    assert worker_settings(told, 2).url == second


def test_an_advertised_url_without_a_port_does_for_one_worker_only(settings: Settings) -> None:
    told = settings.model_copy(update={"advertised_url": "https://fleet.example"})

    assert worker_settings(told, 1).url == "https://fleet.example"
    with pytest.raises(SettingsError, match=r"FLEET_ADVERTISED_URL 'https://fleet\.example' has no port"):
        worker_settings(told, 2)


def test_workers_do_not_run_out_of_the_range_of_ports(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="worker 2 would need port 65536"):
        worker_settings(settings.model_copy(update={"port": 65_535}), 2)
