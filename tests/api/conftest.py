"""One installation for the tests of a module: two workers with keys, and two tenants."""

from collections.abc import Iterator

import pytest

from fleet_app.broker.testing import RunningKafka
from tests.api.installation import Installation, installed


@pytest.fixture(scope="module")
def installation(kafka: RunningKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(kafka.bootstrap, tmp_path_factory.mktemp("api")) as made:
        yield made
