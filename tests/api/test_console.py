"""What a document shows is found in it, and compared as a reader would."""

import pytest

from tests.api.console import Example, examples_of, fits

DOCUMENT = """
```console
$ echo one
one
$ export A=1
$ echo two; echo three
two
three
```

```python
print(4)
```

```text
4
```
"""


def test_each_prompt_and_each_program_is_an_example() -> None:
    assert list(examples_of(DOCUMENT)) == [
        Example("echo one", "one"),
        Example("export A=1", ""),
        Example("echo two; echo three", "two\nthree"),
        Example("{PYTHON} - <<'PROGRAM'\nprint(4)\nPROGRAM", "4"),
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "does_fit"),
    [
        ('{"key":"…"}', '{"key":"a.b"}\n', True),
        ('{"key":"…"}', '{"kay":"a.b"}', False),
        ("304", "200", False),
        ("", "whatever", True),
    ],
)
def test_an_ellipsis_stands_for_anything(shown: str, printed: str, *, does_fit: bool) -> None:
    assert fits(shown, printed) is does_fit


@pytest.mark.parametrize(
    ("command", "only_reads"),
    [
        ("curl -s localhost:8080/api/vehicles", True),
        ("curl -s -X PUT localhost:8080/api/geofences/depot", False),
        ("curl -s localhost:8080/api/keys --json '{}'", False),
        ("fleet broker start", False),
    ],
)
def test_only_what_changes_nothing_may_be_run_again(command: str, *, only_reads: bool) -> None:
    assert Example(command, "").only_reads is only_reads
