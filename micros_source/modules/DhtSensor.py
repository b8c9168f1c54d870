"""
What DHT11 and DHT22 have in common, on top of MicroPython's `dht`. Their wire is timed by the processor: a measurement
takes 20 to 25 ms in which nothing else runs, of which the start signal is 18 ms (Aosong data sheets, step 1).
"""

from time import ticks_add, ticks_diff, ticks_ms

USERS = ("LM_dht11", "LM_dht22")


class DhtSensor:
    """A sensor of the class `kind` of `dht` at dhtpin. For `pause_ms` a measurement's values are given again."""

    def __init__(self, kind, pause_ms):
        self.kind = kind
        self.pause_ms = pause_ms
        self.driver = None
        self.values = None
        self.next = ticks_ms()

    def measure(self):
        """{'temp[C]', 'hum[%]'}. Raises OSError."""
        if self.values is None or ticks_diff(self.next, ticks_ms()) <= 0:
            self.values = None
            driver = self._driver()
            try:
                driver.measure()
            except OSError:
                raise
            except Exception as e:  # a wrong checksum, which the driver tells by a bare exception
                raise OSError("%s: %s" % (self.kind, e))
            self.next = ticks_add(ticks_ms(), self.pause_ms)
            self.values = (round(driver.temperature(), 2), round(driver.humidity(), 2))
        return {"temp[C]": self.values[0], "hum[%]": self.values[1]}

    def measure_w_co2(self):
        """The same with 'co2[ppm]'."""
        from LM_co2 import measure_mq135

        values = self.measure()
        values["co2[ppm]"] = float(measure_mq135(values["temp[C]"], values["hum[%]"]).split(" ")[0])
        return values

    def _driver(self):
        if self.driver is None:
            import dht
            from machine import Pin
            from microIO import physical_pin

            self.driver = getattr(dht, self.kind)(Pin(physical_pin("dhtpin")))
        return self.driver
