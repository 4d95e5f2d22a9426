"""A process that holds a data directory, and says so, until it is killed.

    python holder.py DATA_DIR [fork]

With `fork` it has a child that outlives it and knows nothing of databases.
"""

import os
import sys
import time
from pathlib import Path

from rivulet.stores.sqlite.connection import Database
from rivulet.testing.clock import ManualClock

db = Database.open(Path(sys.argv[1]), ManualClock(), 1024)
child = os.fork() if "fork" in sys.argv else None
if child == 0:
    time.sleep(60)
    os._exit(0)
os.write(1, b"holding\n")
time.sleep(60)
