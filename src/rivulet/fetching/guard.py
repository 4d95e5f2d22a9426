"""Where a connection may lead when a stranger chose the address: to public ones, and to what the operator
allowed.

A name says nothing: it may lead anywhere, and elsewhere a moment later. So the address is looked at when the
socket for it is made, which is the one that is connected to, whatever way the URL spelled it.
"""

import ipaddress
import socket
from typing import Any

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


class Refused(OSError):
    """The address is not one that a stranger may send us to."""


class Guard:
    """Makes the sockets of one fetch. `is_open` while the hop's host is one that the operator allowed."""

    def __init__(self) -> None:
        self.is_open = False
        self.has_refused = False

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """What `aiohttp.TCPConnector` calls for every address it is about to connect to. Raises `Refused`."""
        family, kind, protocol, _, address = info
        if not self.is_open and not is_public(address[0]):
            self.has_refused = True
            raise Refused("not a public address")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def is_public(address: str) -> bool:
    """Also of what is inside it: an IPv6 address may stand for an IPv4 one."""
    ip = _inner(ipaddress.ip_address(address))
    is_site_local = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or is_site_local)


def _inner(ip: IPAddress) -> IPAddress:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _LOCAL_NAT64:
        return ipaddress.IPv4Address(0)
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
