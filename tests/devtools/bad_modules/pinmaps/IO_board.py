"""A pin map."""

from micropython import const

buzzer = const(33)
servo_1 = const(27)
