"""Requests over plain sockets: nothing between the clock and the bytes."""

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.servers import as_json


@dataclass(frozen=True)
class Reading:
    """Seconds from the request to its first byte of body and to its end; `head` and `body` as they came."""

    first_s: float
    all_s: float
    head: bytes
    body: bytes


def open_stream(
    port: int, path: str, body: Mapping[str, object] | None = None, receive_buffer: int | None = None
) -> socket.socket:
    """Sends a request for a stream and reads nothing. The server closes the connection after it."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    connection.sendall(_request(port, path, body, "text/event-stream"))
    return connection


def read_all(connection: socket.socket, begun: float) -> Reading:
    pieces: list[bytes] = []
    received, head, first_at = b"", b"", begun
    with connection:
        while data := connection.recv(1 << 18):
            if head:
                pieces.append(data)
                continue
            received += data
            head, found, rest = received.partition(b"\r\n\r\n")
            if not found:
                head = b""
            elif rest:
                pieces.append(rest)
            if pieces or found:
                first_at = time.monotonic()
    return Reading(first_at - begun, time.monotonic() - begun, head, b"".join(pieces))


def unchunked(body: bytes) -> bytes:
    """What a chunked body carries."""
    pieces: list[bytes] = []
    while (parts := body.partition(b"\r\n"))[1] and (size := int(parts[0], 16)):
        pieces.append(parts[2][:size])
        body = parts[2][size + 2 :]
    return b"".join(pieces)


def get(port: int, path: str) -> Reading:
    """A whole answer, timed from before the connection is made."""
    begun = time.monotonic()
    return read_all(open_stream(port, path), begun)


def put(port: int, path: str, content: bytes) -> None:
    """Sends these bytes; what is answered does not matter."""
    head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    connection = socket.create_connection(("127.0.0.1", port), 30)
    connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    read_all(connection, 0)


def get_json(port: int, path: str) -> Any:
    """The body of a GET; it has no chunks because it has a length."""
    return _json(port, path, None)


def post_json(port: int, path: str, body: Mapping[str, object]) -> Any:
    return _json(port, path, body)


def _json(port: int, path: str, body: Mapping[str, object] | None) -> Any:
    connection = socket.create_connection(("127.0.0.1", port), 30)
    connection.sendall(_request(port, path, body, "application/json"))
    return json.loads(read_all(connection, 0).body)


def _request(port: int, path: str, body: Mapping[str, object] | None, accept: str) -> bytes:
    content = b"" if body is None else as_json(body).encode()
    head = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    head += [f"Accept: {accept}", "Connection: close"]
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content
