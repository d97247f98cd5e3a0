"""A part of what `python -m tests.api.contract` holds the API to, the same requests each time."""

import pytest

from tests.api.contract import hold, report
from tests.api.installation import Installation

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
CASES = 1_500


def test_every_answer_is_one_that_the_document_tells_of(installation: Installation) -> None:
    findings = hold(installation, CASES, seed_of_run=1)

    assert findings.broken == {}, report(findings)
    assert findings.cases >= CASES
