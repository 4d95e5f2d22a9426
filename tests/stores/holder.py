"""A process that holds a data directory until it is killed, and says its number.

    python holder.py DATA_DIR [fork]

With `fork` it has a child that knows nothing of databases, and it is the child that says its number.
"""

import os
import sys
import time
from pathlib import Path

from rivulet.stores.sqlite.connection import Database
from rivulet.testing.clock import ManualClock

db = Database.open(Path(sys.argv[1]), ManualClock(), 1024)
if "fork" not in sys.argv or os.fork() == 0:
    os.write(1, b"%d\n" % os.getpid())
time.sleep(60)
