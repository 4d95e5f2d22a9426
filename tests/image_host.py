"""A web server with images, good ones and others, in a thread of its own: what an answer may name."""

import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


def png(width: int = 96, height: int = 64) -> bytes:
    """A picture in one colour."""
    rows = (b"\0" + b"\x1a\x7f\x72" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, data) for name, data in parts)


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>harmed = 1</script></svg>"
THINGS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/cat.png": (200, {"Content-Type": "image/png", "Set-Cookie": "who=1"}, png()),
    "/named-jpeg.png": (200, {"Content-Type": "image/jpeg"}, png()),
    "/page.png": (200, {"Content-Type": "text/html"}, png()),
    "/drawing.svg": (200, {"Content-Type": "image/svg+xml"}, SVG),
    "/lying.png": (200, {"Content-Type": "image/png"}, SVG),
    "/empty.png": (200, {"Content-Type": "image/png"}, b""),
    "/packed.png": (200, {"Content-Type": "image/png", "Content-Encoding": "gzip"}, png()),
    "/large.png": (200, {"Content-Type": "image/png", "Content-Length": str(6 << 20)}, png()),
    "/endless.png": (200, {"Content-Type": "image/png", "Content-Length": ""}, png() + bytes(6 << 20)),
    "/gone.png": (404, {"Content-Type": "image/png"}, png()),
    "/moved.png": (302, {"Location": "/cat.png"}, b""),
    "/round.png": (302, {"Location": "/round.png"}, b""),
    "/to-a-file.png": (302, {"Location": "file:///etc/passwd"}, b""),
    "/inward.png": (302, {"Location": "http://localhost:{port}/cat.png"}, b""),
}


class ImageHost:
    """`/hanging.png` never answers; whatever else is not in `THINGS` answers as the test says with `put`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.things = dict(THINGS)
        self._ended = threading.Event()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def name(self) -> str:
        """As it stands in a URL, and in `private_hosts`."""
        return f"127.0.0.1:{self.port}"

    def at(self, path: str) -> str:
        return f"http://{self.name}/{path}"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.01), name="image host")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append((self.path, dict(self.headers)))
                if self.path == "/hanging.png":
                    host._ended.wait(30)
                    return
                status, headers, body = host.things[self.path.partition("?")[0]]
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    if value:
                        self.send_header(name, value.replace("{port}", str(host.port)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    pass  # whoever asked has seen enough

        return Handler
