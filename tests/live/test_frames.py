"""What a frame is made of."""

from fleet_app.live.frames import Changes, Encoding, Fields, Form, Gone


def test_changes_share_nothing_by_accident() -> None:
    one, other = Changes(), Changes()
    one.gone.append(Gone(1, "a"))

    assert (len(one), len(other)) == (1, 0)


def test_forms_have_names_that_tell_them_apart() -> None:
    assert len({str(Form(fields, encoding)) for fields in Fields for encoding in Encoding}) == 4
