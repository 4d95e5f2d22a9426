"""The one writer: a thread that puts everything waiting into one transaction, then does it again.

While a transaction is being committed the next jobs gather, so batches grow by themselves under load and a
lone job is committed at once.

A small change that need not be durable is written by the event loop itself when the thread has nothing to
do: one statement into the write-ahead log, without an fsync, costs about 20 µs, and sending it through the
thread and back costs more than that again. A disk that is slow at it is left to the thread for a while, so
that it never keeps the whole server waiting for long.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import apsw

from rivulet.domain.errors import RivuletError, StorageFailed, StorageFull
from rivulet.ports.turns import Clock
from rivulet.stores.sqlite.checkpoint import Checkpointer
from rivulet.stores.sqlite.directory import DataDirectory
from rivulet.stores.sqlite.errors import DISK_ERRORS, is_lasting, told
from rivulet.stores.sqlite.mending import mend

log = logging.getLogger(__name__)

_ROOM_CHECK_S = 1.0
"""How often a full disk is asked whether there is room again: writing the reserve costs milliseconds."""

_SLOW_S = 0.02
"""A write by the loop that took longer than this found the disk busy; less may be other processes' doing."""

_PATIENCE_S = 1.0
"""How long the thread then does all the writing."""


class Job:
    """One change and who wants to know how it ended. `run` may be called twice, because a full disk undoes
    everything once. Then `settle(error)` is called, still where it was written and before any later job,
    and `done(result, error)` on the event loop. `is_single`: it changes the database in one statement, which
    alone is a transaction already."""

    __slots__ = ("done", "error", "is_durable", "is_single", "result", "run", "settle", "uses_reserve")

    def __init__(
        self,
        run: Callable[[apsw.Connection], Any],
        done: Callable[[Any, Exception | None], None],
        is_durable: bool,
        uses_reserve: bool,
        settle: Callable[[Exception | None], None] | None = None,
        is_single: bool = False,
    ) -> None:
        self.run = run
        self.done = done
        self.is_durable = is_durable
        self.uses_reserve = uses_reserve
        self.settle = settle
        self.is_single = is_single
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """`is_full` and `failure` are set by the thread and may be read anywhere."""

    def __init__(
        self,
        connection: apsw.Connection,
        checkpoints: apsw.Connection,
        directory: DataDirectory,
        clock: Clock,
        is_mended: bool,
    ) -> None:
        self.is_full = not directory.reserve()
        self.failure: StorageFailed | None = None
        self._connection = connection
        self._directory = directory
        self._clock = clock
        self._asked_for_room = clock.monotonic()
        self._is_synced = True  # a new connection has synchronous=FULL
        self._is_mended = is_mended
        self._is_closed = False
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._submitted = 0  # jobs sent to the thread, counted by the loop
        self._worked = 0  # jobs the thread is through with, checkpoints included, counted by the thread
        self._told = 0  # jobs the thread did whose outcome has been told, counted by the loop
        self._slow_until = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._checkpointer = Checkpointer(connection, checkpoints, self._failed)
        self._thread = threading.Thread(target=self._work, name="rivulet-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """From the event loop; jobs are done in this order."""
        if self._loop is None:  # asked once: it costs a system call on Python 3.11
            self._loop = asyncio.get_running_loop()
        if self._is_closed:
            self._fail(job, StorageFailed("The database has been closed."))
            self._loop.call_soon(_deliver, [job])
            return
        if job.is_single and not job.is_durable and self._may_write_here():
            self._write_here(job)
        else:
            self._send(job)

    def _may_write_here(self) -> bool:
        return (
            self._submitted == self._worked == self._told
            and not self.is_full
            and time.perf_counter() >= self._slow_until
        )

    def _send(self, job: Job) -> None:
        self._submitted += 1
        self._waiting.put(job)

    def _write_here(self, job: Job) -> None:
        jobs = [job]
        began = time.perf_counter()
        self._work_on(jobs)
        ended = time.perf_counter()
        if ended - began > _SLOW_S:
            self._slow_until = ended + _PATIENCE_S
        _deliver(jobs)
        if self._checkpointer.is_due:
            self._send(Job(_nothing, _nobody, is_durable=False, uses_reserve=True, is_single=True))

    def close(self) -> None:
        """Returns when everything submitted is committed."""
        self._is_closed = True
        self._waiting.put(None)
        self._thread.join()
        self._checkpointer.close()
        self._connection.close()

    def _work(self) -> None:
        while jobs := self._take():
            self._work_on(jobs)
            try:
                assert self._loop is not None
                self._loop.call_soon_threadsafe(self._tell, jobs)
            except RuntimeError:  # the loop has been closed: nobody is left to be told
                pass
            self._checkpointer.after_commit()
            self._worked += len(jobs)

    def _tell(self, jobs: Sequence[Job]) -> None:
        self._told += len(jobs)
        _deliver(jobs)

    def _work_on(self, jobs: Sequence[Job]) -> None:
        try:
            self._commit(jobs)
        except Exception as problem:  # whoever writes goes on: there is nobody else who could
            log.exception("the writer failed")
            self.failure = StorageFailed(f"The database cannot be written any more: {problem!r}")
            for job in jobs:
                self._fail(job, self.failure)

    def _fail(self, job: Job, error: RivuletError) -> None:
        job.error = error
        if job.settle is not None:
            job.settle(error)

    def _take(self) -> list[Job]:
        """Everything waiting, at least one job; nothing when the writer is to end."""
        jobs: list[Job] = []
        job = self._waiting.get()
        while job is not None:
            jobs.append(job)
            try:
                job = self._waiting.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self._waiting.put(None)
        return jobs

    def _commit(self, jobs: Sequence[Job]) -> None:
        if self.is_full:
            self._ask_for_room()
        undone = self._transaction(jobs)
        if isinstance(undone, StorageFull):
            # Nothing of it is written. What may use the reserve is tried again in the room the reserve
            # leaves, each job alone so that none can take another one down with it.
            self.is_full = True
            self._directory.release()
            for job in jobs:
                self._transaction([job])
        for job in jobs:
            if job.settle is not None:
                job.settle(job.error)

    def _ask_for_room(self) -> None:
        now = self._clock.monotonic()
        if now - self._asked_for_room >= _ROOM_CHECK_S:
            self._asked_for_room = now
            self.is_full = not self._directory.reserve()

    def _transaction(self, jobs: Sequence[Job]) -> RivuletError | None:
        """Does the jobs; each carries its result or error. Returns what undid all of them, if anything."""
        connection = self._connection
        is_alone = len(jobs) == 1
        try:
            if self.failure is not None:
                raise self.failure
            self._sync(any(job.is_durable for job in jobs))
            if not (is_alone and jobs[0].is_single):
                connection.execute("BEGIN IMMEDIATE")
            if not self._is_mended:
                mend(connection)
            for job in jobs:
                self._do(job, is_alone)
            if connection.in_transaction:
                connection.execute("COMMIT")
            self._is_mended = True
        except _Alone:
            self._undo()
        except Exception as problem:
            error = self._failed(problem, connection)
            self._undo()
            for job in jobs:
                job.error = error
            return error
        return None

    def _sync(self, is_durable: bool) -> None:
        """`synchronous` cannot change inside a transaction, so it is set before one, when it differs."""
        if is_durable is not self._is_synced:
            self._connection.pragma("synchronous", "full" if is_durable else "normal")
            self._is_synced = is_durable

    def _undo(self) -> None:
        """Many errors of the storage have undone the transaction already."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _do(self, job: Job, is_alone: bool) -> None:
        """A job that fails by itself leaves the others alone; an error of the storage undoes them all."""
        job.result = job.error = None
        if self.is_full and not job.uses_reserve:
            job.error = StorageFull()
            return
        connection = self._connection
        if not is_alone:  # two statements that most commits can do without
            connection.execute("SAVEPOINT job")
        try:
            job.result = job.run(connection)
        except DISK_ERRORS:
            raise
        except Exception as problem:
            job.error = problem
            if is_alone:
                raise _Alone from None
            connection.execute("ROLLBACK TO job")
        if not is_alone:
            connection.execute("RELEASE job")

    def _failed(self, problem: Exception, connection: apsw.Connection) -> RivuletError:
        """In whichever thread the connection works."""
        error = told(problem, connection)
        if isinstance(error, StorageFailed) and is_lasting(problem, connection):
            self.failure = error
        return error


class _Alone(Exception):
    """The only job of a transaction has failed by itself."""


def _nothing(connection: apsw.Connection) -> None:
    """Only to have the thread look at the checkpoints."""


def _nobody(result: object, error: Exception | None) -> None:
    pass


def _deliver(jobs: Sequence[Job]) -> None:
    for job in jobs:
        try:
            job.done(job.result, job.error)
        except Exception as problem:
            message = "a listener to the store failed"
            asyncio.get_running_loop().call_exception_handler({"message": message, "exception": problem})
