"""A run of the command that stands still at a chosen point, for whoever wants to end it there.

`python held_run.py COUNT clean …` marks no further shard as done once so many are. Each worker may
be about to mark one, so up to one fewer than there are workers may follow.
"""

import glob
import logging
import os
import sys
import time

from pipeline.process_setup import use_one_thread


def _hold(most):
    from pipeline import spill_shards

    write = spill_shards.write_bytes

    def held(path, data):
        if os.path.basename(path) == "done":
            marks = os.path.join(os.path.dirname(os.path.dirname(path)), "*", "done")
            while len(glob.glob(marks)) >= most:
                time.sleep(0.01)
        write(path, data)

    spill_shards.write_bytes = held


if __name__ == "__main__":
    use_one_thread()
    logging.disable(logging.CRITICAL)  # Beam speaks up while it is imported
    _hold(int(sys.argv.pop(1)))
    from pipeline.__main__ import main

    sys.exit(main())
