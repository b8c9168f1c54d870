"""Colours that can be read, in both themes."""

import pytest

from devtoolkit.gui.theme import DARK_THEME, LIGHT_THEME, Theme, contrast, style_sheet

THEMES = [LIGHT_THEME, DARK_THEME]
AA_TEXT, AA_EDGE = 4.5, 3.0


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("back", ["window", "card", "field", "chosen"])
@pytest.mark.parametrize("text", ["text", "soft", "good", "warn", "bad", "accent"])
def test_every_text_has_the_contrast_of_wcag_aa_on_every_background(theme: Theme, text: str, back: str) -> None:
    assert contrast(getattr(theme, text), getattr(theme, back)) >= AA_TEXT


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_buttons_in_the_accent_colour_and_the_edges_of_fields_can_be_seen(theme: Theme) -> None:
    assert contrast(theme.on_accent, theme.accent) >= AA_TEXT
    assert contrast(theme.on_accent, theme.accent_hover) >= AA_TEXT
    assert contrast(theme.soft, theme.line) >= AA_EDGE  # a button that is switched off
    for back in (theme.window, theme.card, theme.field):
        assert contrast(theme.edge, back) >= AA_EDGE


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_style_sheet_names_only_colours_of_the_theme(theme: Theme) -> None:
    sheet = style_sheet(theme)
    assert "$" not in sheet
    assert "@" not in sheet
