"""Why a board restarts, and what the boot ROM of an ESP chip prints about it."""

from typing import Literal, TypeGuard

Cause = Literal["power_on", "hard", "soft", "wdt", "deepsleep"]

_ROM_TEXT: dict[Cause, str] = {
    "power_on": "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    "hard": "rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    "wdt": "rst:0x8 (TG1WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    "deepsleep": "rst:0x5 (DEEPSLEEP_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
}
DOWNLOAD_TEXT = (
    "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n"
)


def rom_text(cause: Cause) -> str:
    """The boot ROM's line; a soft reset does not pass through the ROM and has none (KeyError)."""
    return _ROM_TEXT[cause] + "\r\n"


def restarts_chip(kind: str) -> TypeGuard[Cause]:
    """Whether a program's reset of this kind restarts the chip, and not only the VM (or into download mode)."""
    return kind in ("wdt", "deepsleep", "hard")
