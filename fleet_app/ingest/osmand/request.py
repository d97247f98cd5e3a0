"""One request of a phone as a position."""

from fleet_app.domain.position import Report
from fleet_app.ingest.osmand.form import read_form
from fleet_app.ingest.osmand.message import read_message


def read_request(query: bytes, body: bytes) -> Report:
    """Return the position that a request reports.

    A body that begins with a brace is a JSON message, whatever type it claims, and the query is not looked at.
    Otherwise query and body are one form.

    Args:
        query: What stands behind the question mark, still percent-encoded.
        body: The body, or nothing.

    Raises:
        RefusedRequestError: It reports none.
    """
    if body.lstrip().startswith(b"{"):
        return read_message(body)
    return read_form(b"&".join((query, body.strip())))
