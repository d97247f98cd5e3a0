"""Kafka goes away and comes back; the workers wait, answer what they know, and lose nothing."""

import pytest

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
