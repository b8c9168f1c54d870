"""Hardware and network of the virtual board, put in front of the unix port's own modules.

Use (in the VM, before the host file system is unmounted)::

    sys.path.insert(0, SHIMS_FOLDER)
    import simshims
    simshims.install({"name": "node01", "ip": "127.0.0.2", "mac": "02:00:00:00:00:01"})

Afterwards `import machine, network, socket, os, time ...` gives the simulated ones; no file is needed any more. Without
"link" the board stands alone: `machine.reset()` raises SystemExit.

cfg keys (all optional):
  name, chip "esp32" ("rp2040": RP2's names, no esp32 module, but rp2), mac "aa:bb:cc:dd:ee:ff", ip "127.0.0.1"
  unique_id             hex of machine.unique_id(); absent: the mac
  ports {"80": 8080}    device port -> host port, for binds
  gateway               that the network tells, default 127.0.0.1
  hosts {"node02": ip}  names, with or without ".local"
  link [host, port], token
  reset_cause           "power_on" | "hard" | "soft" | "wdt" | "deepsleep"
  clock_ms              board clock minus host clock; absent: 2000-01-01, as after power on
  flash_size            bytes, default 4 MB
  wifi                  list of networks {"ssid", "password" (null: open), "rssi", "channel", "present", "hidden",
                        "reject": null | "wrong_password" | "assoc_fail" | "handshake"};
                        absent: one named `micrOS-virtual` with password `virtual-wifi`
  join_ms               time a join takes, default 60
  ntp                   {"up", "offset_ms"} of the time server to start with
  dns                   {"up"} of the name server to start with
  services              {"name:port": [host, port]}: servers of the host that play those of the internet
  sensors               list of `sensor` messages to start with
  internet              true: names and addresses outside of loopback are real (default: unreachable)
  mdns_port_free        true: UDP port 5353 can be bound (default: the system's own responder holds it, as on ESP32)
  quiet                 true: its datagrams reach only servers that the simulation plays; nobody on loopback finds it
  online                true: the station has joined the first network before device code runs (for tests of one module)
  heap                  accepted, but the heap's size is given to the VM itself (-X heapsize)

Link: one JSON object per line over TCP. The VM connects and says {"token": ..., "ev": "up"}. Requests carry "op" and an
"id"; each is answered {"re": id, "ok": true, ...} or {"re": id, "ok": false, "error": text}. When the peer goes away
the VM ends at once (killed, as by a power cut); a program that spins without waiting notices at its next wait.
  ping                                     get -> pins, adc, touch, pwm, leds, servos, steppers, i2c, spi, uart, wifi,
                                           network, sonars, encoders, sockets, clock, sensors, hosts, ntp, camera,
                                           chip_temperature, i2s, microphones, sound
  pin     pin, value 0|1|null, bounce [[ms after the message, level], ...]
  adc     pin, value 0..65535; touch: pin, value (null: untouched)
  wire    kind servo, pin (min_us, max_us, range, speed, angle) | kind stepper, pins [a, b, c, d]; present
  i2c     addr, kind bme280|aht10|aht20|vl53l0x (temperature, humidity, pressure, distance, fault ...: see sim_<kind>)
          or ssd1306|sh1106 (height 64|32) or registers, registers {n: byte}, width 1|2, scl 22, sda 21,
          present | stuck true (SDA held low)
  spi     sck, kind loopback|apa102, leds, cs, present
  uart    id, data text | hex text; echo true (TX wired to RX)
  trace   on true: record every change | without on: -> trace [[ms, pin|pwm|leds|i2c|spi, pin, values ...], ...]
  wifi    networks [...] | set {...} | drop ssid | join_ms n
  network delay_ms n (before each piece that is sent) | multicast false: group messages get lost
  hosts   hosts {name: ip}
  clock   offset_ms (to the host's clock) | unix seconds
  leap    ms: so much time passes at once, for the clock and for all that waits (not ticks_us)
  ntp     up, offset_ms; dns: up
  services services {"name:port": [host, port]}
  camera  firmware functions|class|null, present, fails n, init_fails n, jpeg base64|null
  sensor  kind dht11|dht22|ds18x20, pin, temperature, humidity, rom, present, fault "checksum"|"timeout"
  sonar   trigger, echo, distance (mm), celsius, fault "silent", present
  encoder clk, dt, detents or edges (negative: back), hz (edges a second), bounces, present
  chip_temperature celsius
  microphone pin (data of I2S) or adc; channel left|right|both, fault "silent"|"timeout", present
  sound   tone Hz, level dB, ms | noise dB | samples base64 (16 bit), rate, repeat | silence true
Events:
  up      token
  pin     pin, value; leds: pin, value [[r, g, b], ...]; pwm: pin, value {freq, duty_u16} or null; each at most every
          20 ms, the last value is never lost
  wifi    value {"sta": ..., "ap": ..., "networks": ..., "hostname": ...}
  clock   offset_ms
  wdt     ms: the watchdog was started or fed, and bites after so long
  reset   kind "hard" | "wdt" | "deepsleep" (with ms) | "bootloader"; the VM then stands still until it is ended
Soft reset is SystemExit.

Limits: interrupts, timers and link messages are served whenever the program waits (asyncio, sleep, blocking sockets,
idle) or reads a pin, not in code that spins without any of these, and not at the REPL prompt. WebREPL is silent once
somebody types on the serial line's REPL.
"""

import sys

import sim_aht  # noqa: F401 - registers its kinds of I2C devices
import sim_bme280  # noqa: F401 - registers its kind of I2C device
import sim_camera
import sim_camera_class  # noqa: F401 - registers the camera class of newer firmware
import sim_dht
import sim_dns
import sim_ds18x20
import sim_encoder  # noqa: F401 - registers its operation
import sim_esp
import sim_esp32
import sim_gc
import sim_machine
import sim_micropython
import sim_motion  # noqa: F401 - registers its operations
import sim_neopixel
import sim_netaddr
import sim_network
import sim_ntptime
import sim_oled  # noqa: F401 - registers its kinds of I2C devices
import sim_onewire
import sim_os
import sim_rp2
import sim_sensors
import sim_socket
import sim_sonar  # noqa: F401 - registers its operation
import sim_sys
import sim_time
import sim_vl53l0x  # noqa: F401 - registers its kind of I2C device
import sim_webrepl
import sim_webrepl_files
import simcore
import simlink

_MODULES = {
    "dht": sim_dht,
    "ds18x20": sim_ds18x20,
    "esp": sim_esp,
    "esp32": sim_esp32,
    "gc": sim_gc,
    "machine": sim_machine,
    "micropython": sim_micropython,
    "neopixel": sim_neopixel,
    "network": sim_network,
    "ntptime": sim_ntptime,
    "onewire": sim_onewire,
    "os": sim_os,
    "socket": sim_socket,
    "sys": sim_sys,
    "time": sim_time,
    "webrepl": sim_webrepl,
    "_webrepl": sim_webrepl_files,
}
_WITH_U_NAME = ("machine", "micropython", "os", "socket", "sys", "time")  # `import utime` still works on boards
_DEFAULTS = {"name": "virtual", "chip": "esp32", "mac": "02:00:00:00:00:01", "ip": "127.0.0.1"}


def install(cfg):
    """Start the simulated board and put its modules into `sys.modules`. OSError when the link cannot be reached."""
    simcore.cfg.update(_DEFAULTS)
    simcore.cfg.update({key: value for key, value in cfg.items() if value is not None})
    cfg = simcore.cfg
    sim_time.start(cfg.get("clock_ms"))
    sim_netaddr.start(cfg)
    sim_ntptime.start(cfg)
    sim_dns.start(cfg)
    sim_sensors.start(cfg)
    sim_esp32.start(cfg)
    sim_network.start(cfg)
    sim_camera.start(cfg)
    simcore.patch_asyncio()
    for name, module in _MODULES.items():
        module.__name__ = name
        sys.modules[name] = module
        if name in _WITH_U_NAME:
            sys.modules["u" + name] = module
    sim_rp2.start(sys.modules, cfg["chip"])
    if cfg.get("link"):
        simlink.connect(cfg["link"], cfg.get("token"))
    if cfg.get("online"):
        sim_network.join_now()
    sim_gc.start()
