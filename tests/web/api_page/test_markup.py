"""Text stays text."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_app.web.api_page.markup import element, page, prose, table


def test_what_stands_in_backticks_is_code() -> None:
    sentence = element("p", *prose("Write `+` as `%2B`."))

    assert page(sentence) == b"<!doctype html>\n<p>Write <code>+</code> as <code>%2B</code>.</p>"


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    assert page(element("p", "<script>", title='"x"')).endswith(b'<p title="&quot;x&quot;">&lt;script&gt;</p>')


@given(st.text(alphabet="ab`< ", max_size=20))
def test_no_character_of_a_sentence_is_lost_but_backticks(text: str) -> None:
    told = "".join(element("p", *prose(text)).itertext())

    assert told.replace("`", "") == text.replace("`", "")


def test_a_row_is_named_by_its_first_cell() -> None:
    made = table(("Field", "Type"), [[["speed_mps"], ["number"]]], "Fields")

    assert [cell.text for cell in made.iterfind(".//th[@scope='row']")] == ["speed_mps"]
    assert [cell.text for cell in made.iterfind(".//th[@scope='col']")] == ["Field", "Type"]
