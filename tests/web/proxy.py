"""A wire between the browser and the server that a test can cut, mend, and let die without a word."""

import contextlib
import socket
import threading


class Proxy:
    """Copies bytes both ways on a port of its own. `cut` breaks every connection there is; while `is_down`,
    new ones are refused. `cut_at` breaks the one that brings these bytes, in the middle of what it brings."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._silent: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.is_down = False
        self.cut_at: bytes | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _close(end)

    def silence(self) -> None:
        """No connection there is brings anything more, and none ends: a router has forgotten them. It says so
        when the browser writes to one."""
        with self._lock:
            self._silent |= {near for near, _ in self._pairs}

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_down:
                _close(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                _close(near)
                continue
            with self._lock:
                self._pairs.add((near, far))
            for copy in (self._up, self._down):
                threading.Thread(target=copy, args=(near, far), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while (data := near.recv(65536)) and near not in self._silent:
                far.sendall(data)
        _close(near)
        _close(far)

    def _down(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(65536):
                if near in self._silent:
                    continue
                at = data.find(self.cut_at) if self.cut_at else -1
                if at >= 0:
                    self.cut_at = None
                    near.sendall(data[:at])
                    break
                near.sendall(data)
        if near not in self._silent:
            _close(near)
        _close(far)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
