"""`camera` as cnadler86/micropython-camera-API has it: the class `Camera`, with the sensor of sim_camera behind it."""

import sim_camera


class FrameSize:
    R96X96, QQVGA, HQVGA, QVGA, CIF, HVGA, VGA, SVGA, XGA, HD = 0, 1, 4, 6, 8, 9, 10, 11, 12, 13


class PixelFormat:
    RGB565, YUV422, GRAYSCALE, JPEG = 0, 1, 3, 4


class Camera:
    """The class of the other firmware; its quality is in percent, its picture a view of the driver's buffer."""

    _OLD = {0: 0, 1: 1, 4: 3, 6: 5, 8: 6, 9: 7, 10: 8, 11: 9, 12: 10, 13: 11}  # numbers of the sizes in `functions`

    def __init__(self, *, pixel_format=0, frame_size=6, jpeg_quality=85, xclk_freq=20000000, **more):
        if pixel_format != PixelFormat.JPEG:
            raise ValueError("the simulated sensor gives JPEG only")
        sim_camera.init(framesize=self._OLD[frame_size], xclk_freq=xclk_freq)
        self.set_quality(jpeg_quality)

    def capture(self):
        picture = sim_camera.capture()
        if not picture:
            raise OSError("Failed to capture image")
        return memoryview(picture)

    def frame_available(self):
        return sim_camera._Sensor.settings is not None

    def free_buffer(self):
        pass

    def deinit(self):
        sim_camera.deinit()

    def set_frame_size(self, size):
        sim_camera._set("framesize", self._OLD[size])

    def set_quality(self, percent):
        sim_camera._set("quality", 63 - percent * 63 // 100)

    def set_vflip(self, on):
        sim_camera._set("flip", on)

    def set_hmirror(self, on):
        sim_camera._set("mirror", on)

    def set_special_effect(self, effect):
        sim_camera._set("effect", effect)

    def set_wb_mode(self, mode):
        sim_camera._set("whitebalance", mode)

    def set_saturation(self, value):
        sim_camera._set("saturation", value)

    def set_brightness(self, value):
        sim_camera._set("brightness", value)

    def set_contrast(self, value):
        sim_camera._set("contrast", value)
