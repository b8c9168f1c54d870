"""Links and pictures of the documentation lead somewhere, and every page can be reached from the index."""

from pathlib import Path

import pytest
from doc_blocks import DOCS, ROOT, anchors, links, name_of, pages

ELSEWHERE = ("http://", "https://")


def local(page: Path) -> list[tuple[int, str, Path, str]]:
    """(line, link, file, anchor) of the links into this repository."""
    found = []
    for line, target in links(page):
        if not target.startswith(ELSEWHERE):
            path, _, anchor = target.partition("#")
            found.append((line, target, (page.parent / path).resolve() if path else page, anchor))
    return found


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_and_pictures_of_a_page_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for line, target, file, anchor in local(page):
        assert file.exists(), f"{name_of(page)}:{line}: {target}"
        assert not anchor or anchor in anchors(file), f"{name_of(page)}:{line}: no heading for {target}"


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, left = set(), [DOCS / "README.md"]
    while left:
        page = left.pop()
        if page not in reached and page.suffix == ".md" and page.is_relative_to(DOCS):
            reached.add(page)
            left += [file for _, _, file, _ in local(page)]
    assert sorted(map(name_of, set(DOCS.rglob("*.md")) - reached)) == []


def test_every_drawing_is_shown_on_a_page() -> None:
    shown = {file for page in pages() for _, _, file, _ in local(page)}
    assert sorted(one.name for one in (DOCS / "drawings").rglob("*.svg") if one not in shown) == []
    assert (ROOT / "README.md").is_file()
