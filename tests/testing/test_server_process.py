"""A server under test gets a port that is its own."""

import socket

import pytest

from rivulet.testing.server_process import held_port, port_of


def test_a_held_port_is_free_for_who_knows_it_only() -> None:
    """Nobody else is given it, by chance or by number; who listens there as servers do may take it over."""
    with held_port() as held:
        address = ("127.0.0.1", port_of(held))
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(address)
        with socket.create_server(address), socket.create_connection(address) as reached:
            assert reached.getpeername() == address
