"""`rivulet` where there is no more room once the database is open: no file takes another byte, until somebody
lifts this process's soft limit. Not everybody may mount a small disk."""

import resource
import runpy
import sys
from typing import Any

from rivulet.stores.sqlite.connection import Database

_open = Database.open


def _open_last(*arguments: Any) -> Database:
    db = _open(*arguments)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    return db


if __name__ == "__main__":
    Database.open = _open_last  # type: ignore[method-assign, assignment]
    sys.argv[0] = "rivulet"
    runpy.run_module("rivulet", run_name="__main__", alter_sys=True)
