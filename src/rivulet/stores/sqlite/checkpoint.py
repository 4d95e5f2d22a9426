"""Moves what was committed from the write-ahead log into the database, without making the writer wait.

A checkpoint ends in two fsyncs, which take 20 to 100 ms on a busy disk; SQLite's own would let every token
wait for them (measured at 20,000 tokens/s: p99 of a commit 30 to 160 ms with it, 6 ms without). So a thread
does it beside the writer. What it cannot do is start the log again from its beginning while more is being
committed; when the log has grown long, the writer does the last, short step itself.
"""

import threading
from collections.abc import Callable

import apsw

_STEP_PAGES = 1_000
"""New pages (4 MiB) after which the thread is sent: SQLite's own habit."""

_LONG_PAGES = 16_000
"""Length (64 MiB) at which the writer helps: reading that much again at a start takes about 0.1 s, and at
full load it is reached every ten seconds or so."""

_LONGEST_PAGES = 4 * _LONG_PAGES
"""Length (256 MiB) at which the writer waits for the thread: only a flood of large changes gets there."""


class Checkpointer:
    """`failed` is told of an error, in whichever thread it happens."""

    def __init__(
        self,
        writer: apsw.Connection,
        connection: apsw.Connection,
        failed: Callable[[Exception, apsw.Connection], object],
    ) -> None:
        self._writer = writer
        self._connection = connection
        self._failed = failed
        self._pages = 0  # length of the log
        self._moved = 0  # how much of it is in the database
        self._tried = 0  # length at the writer's last own step
        self._is_closing = False
        self._wake = threading.Semaphore(0)
        self._rests = threading.Event()
        self._rests.set()
        writer.set_wal_hook(self._committed)
        self._thread = threading.Thread(target=self._work, name="rivulet-checkpointer", daemon=True)
        self._thread.start()

    @property
    def is_due(self) -> bool:
        """Whether `after_commit` has something to do."""
        if self._rests.is_set():
            return self._is_grown or self._is_long
        return self._pages >= _LONGEST_PAGES

    def after_commit(self) -> None:
        """In the writer's thread, between two transactions. A long log gets the writer's own step as soon as
        the thread has done the most of it."""
        if not self.is_due:
            return
        self._rests.wait()
        if self._is_long:
            self._tried = self._pages
            self._move(self._writer)
        elif self._is_grown:
            self._rests.clear()
            self._wake.release()

    @property
    def _is_grown(self) -> bool:
        return self._pages - self._moved >= _STEP_PAGES

    @property
    def _is_long(self) -> bool:
        return self._pages >= _LONG_PAGES and self._pages - self._tried >= _STEP_PAGES

    def close(self) -> None:
        self._is_closing = True
        self._wake.release()
        self._thread.join()
        self._connection.close()

    def _committed(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._pages = pages
        if pages < self._moved:  # the log has been started again
            self._moved = self._tried = 0
        return apsw.SQLITE_OK

    def _work(self) -> None:
        while True:
            self._wake.acquire()
            if self._is_closing:
                return
            self._move(self._connection)
            self._rests.set()

    def _move(self, connection: apsw.Connection) -> None:
        """Never waits for readers or for the writer, and goes on where it was the next time."""
        try:
            _, self._moved = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as problem:
            self._failed(problem, connection)
