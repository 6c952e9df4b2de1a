"""docs/sandbox.md shows the example as it runs."""

from pathlib import Path

EXAMPLE = Path(__file__).with_name("test_hello.py")
PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def test_the_page_shows_the_example_that_runs() -> None:
    """The code in the documentation is the test beside this one, word for word."""
    code = EXAMPLE.read_text().split('"""\n\n', 1)[1].rstrip()
    assert f"```python\n{code}\n```" in PAGE.read_text()
