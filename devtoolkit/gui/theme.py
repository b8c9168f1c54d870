"""Colours: two palettes with one accent, contrast after WCAG, and the style sheet made from them.

The colours are those of the nodes' own dashboard page, so that both look like one family.
"""

from dataclasses import dataclass, fields
from pathlib import Path

from devtoolkit.gui.qt import QApplication, QColor, QPalette, QSettings, QWidget

SYSTEM, LIGHT, DARK = "system", "light", "dark"
_RESOURCES = Path(__file__).parent / "resources"
_DARK_BELOW = 128  # lightness (0..255) of the system's window colour


@dataclass(frozen=True, slots=True)
class Theme:
    """`on_accent` is text on the accent; `soft` is second-rank text; good, warn and bad are for words and dots."""

    name: str
    window: str
    card: str
    field: str
    line: str
    edge: str  # border of what can be operated: 3:1 against card and window
    text: str
    soft: str
    accent: str
    accent_hover: str
    on_accent: str
    chosen: str  # background of the selected row
    good: str
    warn: str
    bad: str


LIGHT_THEME = Theme(
    LIGHT,
    window="#f3f5f7",
    card="#ffffff",
    field="#ffffff",
    line="#dce2e8",
    edge="#7b8894",
    text="#14202b",
    soft="#51606d",
    accent="#0f766e",
    accent_hover="#0b5f59",
    on_accent="#ffffff",
    chosen="#d5efeb",
    good="#15703a",
    warn="#8a4b00",
    bad="#b3261e",
)
DARK_THEME = Theme(
    DARK,
    window="#0e1317",
    card="#171e24",
    field="#11171c",
    line="#28323b",
    edge="#72808d",
    text="#e6ebf0",
    soft="#9fadba",
    accent="#2dd4bf",
    accent_hover="#5ee6d5",
    on_accent="#06201d",
    chosen="#12403c",
    good="#4ade80",
    warn="#fbbf24",
    bad="#ff8a80",
)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def system_theme(application: QApplication) -> Theme:
    """What the system wants: its palette's lightness; on Windows, whose palette stays light, its registry."""
    from sys import platform

    if platform == "win32":
        key = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        return LIGHT_THEME if QSettings(key, QSettings.NativeFormat).value("AppsUseLightTheme", 1) else DARK_THEME
    lightness = application.palette().color(QPalette.Window).lightness()
    return DARK_THEME if lightness < _DARK_BELOW else LIGHT_THEME


def choose(name: str, application: QApplication) -> Theme:
    """The theme for a setting: system, light or dark."""
    return {LIGHT: LIGHT_THEME, DARK: DARK_THEME}.get(name) or system_theme(application)


def apply(theme: Theme, application: QApplication) -> None:
    """Put palette and style sheet on the whole program."""
    application.setPalette(_palette(theme))
    application.setStyleSheet(style_sheet(theme))


def restyle(*parts: QWidget) -> None:
    """Names and properties that the style sheet asks for have changed."""
    for part in parts:
        style = part.style()
        if style is not None:
            style.unpolish(part)
            style.polish(part)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.Window: theme.window,
        QPalette.WindowText: theme.text,
        QPalette.Base: theme.field,
        QPalette.AlternateBase: theme.card,
        QPalette.Text: theme.text,
        QPalette.Button: theme.card,
        QPalette.ButtonText: theme.text,
        QPalette.Highlight: theme.accent,
        QPalette.HighlightedText: theme.on_accent,
        QPalette.Link: theme.accent,
        QPalette.ToolTipBase: theme.card,
        QPalette.ToolTipText: theme.text,
        QPalette.PlaceholderText: theme.soft,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, QColor(theme.soft))
    return palette


def style_sheet(theme: Theme) -> str:
    """`$name` stands for a colour of the theme."""
    sheet = _SHEET
    for name in ("down", "up", "check"):
        sheet = sheet.replace(f"@{name}", (_RESOURCES / f"{name}-{theme.name}.svg").as_posix())
    for name in sorted((field.name for field in fields(theme)), key=len, reverse=True):
        sheet = sheet.replace(f"${name}", getattr(theme, name))
    return sheet


_SHEET = """
* { font-size: 10pt; }
QWidget#card, QFrame#card { background: $card; border: 1px solid $line; border-radius: 10px; }
QFrame#sidebar, QFrame#nav, QFrame#jobs { background: $card; border: none; }
QFrame#rule { background: $line; border: none; }
QLabel { background: transparent; }
QLabel#title { font-size: 16pt; font-weight: 600; }
QLabel#heading { font-size: 11pt; font-weight: 600; }
QLabel#soft { color: $soft; }
QLabel#good { color: $good; } QLabel#warn { color: $warn; } QLabel#bad { color: $bad; }
QPushButton, QToolButton { background: $card; color: $text; border: 1px solid $edge; border-radius: 7px;
  padding: 6px 14px; min-height: 18px; }
QPushButton:hover, QToolButton:hover { border-color: $accent; }
QPushButton:pressed, QToolButton:pressed { background: $chosen; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QPushButton:disabled, QToolButton:disabled { color: $soft; border-color: $line; }
QPushButton#primary { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton#primary:hover { background: $accent_hover; }
QPushButton#primary:focus { border: 2px solid $text; }
QPushButton#primary:disabled { background: $line; color: $soft; border-color: $line; }
QToolButton#flat { border: 1px solid transparent; padding: 5px; background: transparent; }
QToolButton#flat:hover { background: $chosen; } QToolButton#flat:focus { border: 1px solid $accent; }
QToolButton::menu-indicator { image: none; }
QLineEdit, QComboBox, QSpinBox, QPlainTextEdit { background: $field; color: $text; border: 1px solid $edge;
  border-radius: 7px; padding: 5px 8px; min-height: 20px; selection-background-color: $accent;
  selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QPlainTextEdit:focus { border: 2px solid $accent; padding: 4px 7px; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled { color: $soft; border-color: $line; }
QLineEdit[wrong="true"] { border: 2px solid $bad; padding: 4px 7px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url(@down); width: 12px; height: 12px; }
QSpinBox::up-button, QSpinBox::down-button { border: none; width: 22px; background: transparent; }
QSpinBox::up-arrow { image: url(@up); width: 10px; height: 10px; }
QSpinBox::down-arrow { image: url(@down); width: 10px; height: 10px; }
QComboBox QAbstractItemView { background: $card; color: $text; border: 1px solid $line;
  selection-background-color: $chosen; selection-color: $text; }
QListView, QListWidget { background: $card; border: 1px solid transparent; outline: none; }
QListView:focus, QListWidget:focus { border: 1px solid $accent; }
QListWidget::item { padding: 7px 10px; border-radius: 7px; color: $text; }
QListWidget::item:hover { background: $window; }
QListWidget::item:selected { background: $chosen; color: $text; }
QListWidget#boxed { border: 1px solid $line; border-radius: 7px; background: $field; }
QListWidget#boxed::item { padding: 4px 8px; }
QTableWidget#boxed { border: 1px solid $line; border-radius: 7px; background: $field; color: $text;
  selection-background-color: $chosen; selection-color: $text; }
QTableWidget#boxed:focus { border: 1px solid $accent; }
QTableWidget::item:selected { background: $chosen; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: $field; color: $soft; border: none; border-bottom: 1px solid $line;
  padding: 6px 3px; }
QProgressBar { background: $line; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QProgressBar[state="failed"]::chunk { background: $bad; } QProgressBar[state="done"]::chunk { background: $good; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $edge; border-radius: 4px; min-height: 24px; min-width: 24px; margin: 1px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
QToolTip { background: $card; color: $text; border: 1px solid $line; padding: 4px; }
QMenu { background: $card; color: $text; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 6px 22px; border-radius: 5px; } QMenu::item:selected { background: $chosen; color: $text; }
QMenu::item:disabled { color: $soft; } QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QFrame#drop { border: 2px dashed $edge; border-radius: 10px; background: $window; }
QFrame#drop[over="true"] { border-color: $accent; background: $chosen; }
QPlainTextEdit#terminal { font-family: monospace; }
QCheckBox { spacing: 8px; background: transparent; padding: 3px 0; }
QCheckBox:disabled { color: $soft; }
QCheckBox::indicator, QListView::indicator { width: 16px; height: 16px;
  border: 1px solid $edge; border-radius: 4px; background: $field; }
QCheckBox::indicator:checked, QListView::indicator:checked { background: $accent; border-color: $accent;
  image: url(@check); }
QCheckBox::indicator:focus, QCheckBox::indicator:hover { border: 2px solid $accent; width: 14px; height: 14px; }
QCheckBox::indicator:disabled { border-color: $line; }
QSlider { min-height: 24px; background: transparent; }
QSlider::groove:horizontal { height: 6px; background: $line; border-radius: 3px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 3px; }
QSlider::handle:horizontal { background: $accent; width: 16px; margin: -5px 0; border-radius: 8px; }
QSlider::handle:horizontal:focus { border: 2px solid $text; }
"""
