"""Outside programs: esptool, mpy-cross, LittleFS images."""
