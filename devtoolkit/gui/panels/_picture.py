"""A picture as wide as its place, at most as large as it is meant to be."""

from devtoolkit.gui.qt import QImage, QPainter, QPaintEvent, QRect, QResizeEvent, QSize, QSizePolicy, QWidget

_DENSER = 2  # the image has so many pixels for one of the screen


class PictureView(QWidget):
    """Draws an image that was made twice as large, so that it is sharp on dense screens too."""

    def __init__(self) -> None:
        super().__init__()
        self.image = QImage()
        policy = QSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_image(self, image: QImage) -> None:
        self.image = image
        self._fit()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return not self.image.isNull()

    def heightForWidth(self, width: int) -> int:
        if self.image.isNull():
            return 0
        wide = min(width, self.image.width() // _DENSER)
        return int(wide * self.image.height() // self.image.width())

    def sizeHint(self) -> QSize:
        return QSize(self.image.width() // _DENSER, self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self.image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.SmoothPixmapTransform)
        wide = min(self.width(), self.image.width() // _DENSER)
        painter.drawImage(QRect(0, 0, wide, self.heightForWidth(wide)), self.image)
