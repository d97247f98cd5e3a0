"""What workers tell each other about a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from fleet_app.domain.access.caller import WORKER, Caller
from fleet_app.domain.access.rights import Role
from fleet_app.http.problems import ApiError
from fleet_app.http.workers import ON_BEHALF_OF, authorization, on_behalf_of, read_on_behalf_of


@given(
    st.builds(
        Caller,
        name=st.text(),
        role=st.sampled_from(Role),
        tenant=st.none() | st.text(),
        devices=st.none() | st.frozensets(st.text()),
        is_worker=st.sampled_from([True]),
    )
)
def test_a_caller_arrives_as_it_was_and_marked_as_asked_for_by_a_worker(caller: Caller) -> None:
    assert read_on_behalf_of(on_behalf_of(caller)[ON_BEHALF_OF].encode()) == caller


def test_a_worker_that_names_nobody_asks_for_itself() -> None:
    assert read_on_behalf_of(b"") == WORKER


@pytest.mark.parametrize("header", [b"?", b"e30", b"e30=", b"bnVsbA==", b"\xff", b"W10=", b"eyJyb2xlIjoiZ29kIn0="])
def test_what_is_no_caller_is_refused(header: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        read_on_behalf_of(header)

    assert (refused.value.problem.status, ON_BEHALF_OF in refused.value.problem.detail) == (400, True)


def test_a_worker_has_no_credentials_where_nobody_is_asked_for_any() -> None:
    assert authorization(None) is None
    assert authorization(SecretStr("s3cret")) == "Fleet-Worker s3cret"
