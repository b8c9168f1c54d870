"""The desktop portal's `color-scheme` over D-Bus: asked once, then told at every change (Linux; part of PyQt5)."""

from PyQt5.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusPendingReply, QDBusVariant

from devtoolkit.gui.qt import QObject, pyqtSignal, pyqtSlot

_SERVICE, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_INTERFACE = "org.freedesktop.portal.Settings"
_GROUP, _KEY = "org.freedesktop.appearance", "color-scheme"
_DARK, _LIGHT = 1, 2  # 0: no preference


class Portal(QObject):
    """`told` with True for dark, False for light, None for no preference; never when there is no portal."""

    told = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus = QDBusConnection.sessionBus()
        self._watcher: QDBusPendingCallWatcher | None = None

    def ask(self) -> None:
        """Ask, without waiting, and listen from now on."""
        if not self._bus.isConnected():
            return
        self._bus.connect(_SERVICE, _PATH, _INTERFACE, "SettingChanged", self.changed)
        call = QDBusMessage.createMethodCall(_SERVICE, _PATH, _INTERFACE, "Read")
        call.setArguments([_GROUP, _KEY])
        self._watcher = QDBusPendingCallWatcher(self._bus.asyncCall(call), self)
        self._watcher.finished.connect(self._answered)

    @pyqtSlot(QDBusMessage)  # type: ignore[untyped-decorator]  # PyQt5 is Any to mypy (pyproject.toml)
    def changed(self, message: QDBusMessage) -> None:
        """The portal's signal: group, key, value."""
        words = message.arguments()
        if len(words) == 3 and words[:2] == [_GROUP, _KEY]:
            self._tell(words[2])

    def _answered(self, watcher: QDBusPendingCallWatcher) -> None:
        reply = QDBusPendingReply(watcher)
        if not reply.isError():
            self._tell(reply.argumentAt(0))

    def _tell(self, value: object) -> None:
        while isinstance(value, QDBusVariant):  # older portals wrap it twice
            value = value.variant()
        if isinstance(value, int):
            self.told.emit({_DARK: True, _LIGHT: False}.get(value))
