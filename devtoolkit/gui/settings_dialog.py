"""The window's settings; each takes effect at once, except where it says otherwise."""

from devtoolkit import paths
from devtoolkit.gui import languages
from devtoolkit.gui import theme as themes
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.panels._base import Form
from devtoolkit.gui.qt import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    Qt,
    QVBoxLayout,
    QWidget,
    pyqtSignal,
)
from devtoolkit.gui.text import tr


class SettingsDialog(QDialog):
    """Theme, language, search, and where the data lies."""

    theme_chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget, hub: Hub) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings"))
        self.setMinimumWidth(580)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(14)
        column.addWidget(QLabel(tr("Settings"), objectName="title"))
        column.addLayout(self._form(hub))
        close = QDialogButtonBox(QDialogButtonBox.Close)
        close.rejected.connect(self.accept)
        for button in close.buttons():
            button.setText(tr("Close"))
            button.setAccessibleName(tr("Close"))
        column.addWidget(close)

    def _form(self, hub: Hub) -> Form:
        form = Form()
        self.theme = QComboBox()
        names = ((themes.SYSTEM, tr("As the system")), (themes.LIGHT, tr("Light")), (themes.DARK, tr("Dark")))
        for value, name in names:
            self.theme.addItem(name, value)
        self.theme.setCurrentIndex(max(0, self.theme.findData(hub.theme_setting())))
        form.row(tr("Appearance"), self.theme)
        self.language = QComboBox()
        self.language.addItem(tr("As the system"), languages.SYSTEM)
        for code, own_name in languages.names().items():
            self.language.addItem(own_name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(hub.language_setting())))
        form.row(tr("Language"), self.language, tr("From the next start on. What is not translated yet is English."))
        self.scan = QCheckBox(tr("Ask every address of the local networks at the start"))
        self.scan.setChecked(hub.flag("scan", default=True))
        tip = tr("Finds nodes that do not announce themselves. From the next start on.")
        form.row(tr("Search"), self.scan, tip)
        self.signal = QCheckBox(tr("Ask nodes for their Wi-Fi signal once a minute"))
        self.signal.setChecked(hub.flag("signal", default=True))
        form.row(tr("Signal"), self.signal, tr("Shown as bars in the list. From the next start on."))
        folder = QLabel(str(paths.user_data()), wordWrap=True)
        folder.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        form.row(tr("Data folder"), folder, tr("Known devices, kept configurations, firmware, virtual boards."))
        self.theme.currentIndexChanged.connect(lambda _at: self.theme_chosen.emit(self.theme.currentData()))
        self.language.currentIndexChanged.connect(lambda _at: hub.settings.put("language", self.language.currentData()))
        self.signal.toggled.connect(lambda on: hub.settings.put("signal", on))
        self.scan.toggled.connect(lambda on: hub.settings.put("scan", on))
        return form
