"""The page about the boards is what the catalogue says."""

import generate


def test_the_boards_page_is_made_from_the_catalogue() -> None:
    assert generate.BOARDS.read_text(encoding="utf-8") == generate.boards_page(), "run `python3 dev.py docs`"
