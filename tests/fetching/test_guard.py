"""Which addresses a stranger's URL may lead to, and which images are images."""

import pytest

from rivulet.fetching.guard import is_public
from rivulet.fetching.kinds import kind_of
from tests.image_host import SVG, png


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "::127.0.0.1",
    ],
)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    """Loopback, private, link-local, carrier, multicast, reserved; as they are, or inside an IPv6 address."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_others_are(address: str) -> None:
    """Those of the Internet, also by way of a translation."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (png(), "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "image/avif"),
        (b"\0\0\0\x1cftypisom\0\0\0\0isomiso2mp41", None),
        (b"\xff\xff\xff\xffftyp", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (SVG, None),
        (b"<!doctype html>", None),
        (b"", None),
    ],
)
def test_bytes_say_what_they_are(beginning: bytes, kind: str | None) -> None:
    """Five kinds of images, and nothing that could have a script."""
    assert kind_of(beginning) == kind
