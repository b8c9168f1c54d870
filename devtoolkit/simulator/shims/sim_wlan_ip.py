"""The addresses of an interface of the simulated `network`: static or by DHCP, told in the old and the new way."""


def text(value):
    """A name or password, which device code may give as bytes."""
    return value if isinstance(value, str) else bytes(value).decode()


class Addresses:
    """What `WLAN` inherits. It has `_active`, `_is_ap` and `_joined`."""

    def _set_up(self, lease):
        """Address, mask, gateway and name server that DHCP gives."""
        self._dhcp = lease
        self._ip = list(lease)
        self._static = False

    def _lease(self):
        if not self._static:
            self._ip = list(self._dhcp)

    def ifconfig(self, value=None):
        if value is None:
            return (
                tuple(self._ip)
                if self._active and (self._is_ap or self._joined or self._static)
                else ("0.0.0.0",) * 3 + (self._ip[3],)
            )
        if value in ("dhcp", ("dhcp",)):
            self._static = False
            self._lease()
        else:
            if len(value) != 4:
                raise ValueError("requested length 4 but object has length %d" % len(value))
            self._static = True
            self._ip = [text(part) for part in value]
        return None

    def ipconfig(self, name=None, **kwargs):
        if name is not None:
            ip = self.ifconfig()
            values = {
                "addr4": (ip[0], ip[1]),
                "gw4": ip[2],
                "dhcp4": not self._static,
                "has_dhcp4": self._joined and not self._static,
            }
            if name not in values:
                raise ValueError("unexpected key")
            return values[name]
        for key, value in kwargs.items():
            if key == "dhcp4":
                if value:
                    self.ifconfig("dhcp")
            elif key == "addr4":
                addr, mask = value if isinstance(value, tuple) else (value.split("/")[0], self._ip[1])
                self.ifconfig((addr, mask, self._ip[2], self._ip[3]))
            elif key == "gw4":
                self._ip[2] = value
            else:
                raise ValueError("unexpected key")
        return None
