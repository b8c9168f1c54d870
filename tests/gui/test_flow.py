"""Buttons that go on in the next line where the window is narrow."""

from devtoolkit.gui.qt import QLabel, QPushButton, QWidget
from devtoolkit.gui.widgets.flow import Flow


def test_buttons_stand_in_one_line_when_there_is_room_and_below_each_other_when_not(qapp: object) -> None:
    holder = QWidget()
    parts = [QPushButton(f"Button {number}") for number in range(4)]
    flow = Flow(*parts)
    holder.setLayout(flow)
    wide = flow.sizeHint().width()
    holder.resize(wide, flow.heightForWidth(wide))
    holder.show()
    assert len({part.y() for part in parts}) == 1
    assert flow.heightForWidth(wide) == parts[0].height()
    narrow = flow.minimumSize().width()
    holder.resize(narrow, flow.heightForWidth(narrow))
    assert len({part.y() for part in parts}) == 4
    assert {part.x() for part in parts} == {0}
    assert parts[3].geometry().bottom() < holder.height()
    parts[1].hide()
    assert flow.heightForWidth(narrow) < holder.height()
    holder.deleteLater()


def test_parts_of_different_heights_stand_in_the_middle_of_their_line(qapp: object) -> None:
    holder = QWidget()
    button, words = QPushButton("Turn"), QLabel("at detent 3")
    button.setFixedHeight(40)
    words.setFixedHeight(16)
    holder.setLayout(Flow(words, button))
    holder.resize(400, 40)
    holder.show()
    assert words.geometry().center().y() == button.geometry().center().y()
    holder.deleteLater()
