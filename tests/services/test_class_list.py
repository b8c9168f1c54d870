"""Names for the boards of a workshop, and the labels that go onto them."""

import re
from pathlib import Path

import pytest

from devtoolkit.errors import UsageError
from devtoolkit.model.node_config import check
from devtoolkit.services import labels
from devtoolkit.services.class_list import ListedName, host_name, numbered, read_class_list, seats


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Zoë Bäcker", "zoe-backer"),
        ("Łukasz Groß", "lukasz-gross"),
        ("  -lamp_1- ", "lamp_1"),
        ("A" * 50, "a" * 32),
        ("Søren Æ.", "soren-ae"),
    ],
)
def test_a_persons_name_becomes_a_host_name(title: str, name: str) -> None:
    assert host_name(title) == name
    assert not check({"devfid": name})


def test_a_name_of_which_nothing_remains_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot become"):
        host_name("李伟")


@pytest.mark.parametrize(
    "data",
    [
        b"Anna\nAnna\nBen\n",
        b"name,port\nAnna,\nAnna,\nBen,\n",
        "Class;Name\n5a;Anna\n5a;Anna\n5b;Ben\n".encode("utf-8-sig"),
        "Name\tAge\r\nAnna\t9\r\n\r\nAnna\t9\r\nBen\t8\r\n".encode("cp1252"),
    ],
)
def test_class_lists_of_every_spreadsheet_are_read_and_equal_names_get_numbers(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_bytes(data)
    assert [one.name for one in read_class_list(file)] == ["anna", "anna-2", "ben"]


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "class.csv"
    file.write_text("name\n\n")
    with pytest.raises(UsageError, match="no names"):
        read_class_list(file)


def test_a_line_with_a_port_belongs_to_that_board_and_the_others_come_in_order() -> None:
    names = (ListedName("A", "a"), ListedName("B", "b", "COM7"), ListedName("C", "c"), ListedName("D", "d"))
    found, left = seats(("COM3", "COM7", "COM9"), names)
    assert [(seat.port, seat.name) for seat in found] == [("COM3", "a"), ("COM7", "b"), ("COM9", "c")]
    assert left == ("D",)
    with pytest.raises(UsageError, match="names for 2"):
        seats(("X", "Y", "Z"), (names[0], names[2]))


def test_without_a_list_the_boards_are_numbered() -> None:
    assert [seat.name for seat in numbered(("a", "b"), "lamp")] == ["lamp-01", "lamp-02"]
    assert [seat.name for seat in numbered(("a",), None)] == ["node01"]


def label(**more: str) -> labels.Label:
    values = {"title": "A <b>", "name": "lamp", "uid": "u", "address": "lamp.local", "ip": "10.0.0.7"}
    return labels.Label(**{**values, "password": "x;y:z", **more})


def test_a_label_shows_name_address_and_password_and_nothing_of_it_is_markup() -> None:
    page = labels.sheet([label()])
    for text in ("A &lt;b&gt;", "lamp.local", "10.0.0.7", "x;y:z"):
        assert text in page
    assert "<b>" not in page
    assert not re.search(r"(src|href)=|@import|url\(", page)


def test_the_codes_are_standard_qr_codes_and_fit_the_longest_name() -> None:
    long = label(name="n" * 32, address="n" * 32 + ".local", password="W" * 9)
    for code in (labels.wifi_code(long), labels.text_code(long)):
        assert not code.is_micro
        assert code.error == "M"
        assert int(code.version) <= 7  # 45 modules: half a millimetre each on a label
