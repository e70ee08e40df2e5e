"""What Beam starts in place of a forked worker: passes its environment on, and waits for its end.

Run as `python -I -S worker_stand_in.py SOCKET`, so that it starts in a hundredth of a second:
standard library only.
"""

import json
import os
import signal
import socket
import sys


def main() -> int:
    """Gives the exit status of the worker; ends by SIGKILL where that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides what Ctrl-C means
    status = b""
    with socket.socket(socket.AF_UNIX) as to_worker:
        try:
            to_worker.connect(sys.argv[1])
            to_worker.sendall(json.dumps(dict(os.environ)).encode())
            to_worker.shutdown(socket.SHUT_WR)
            status = to_worker.recv(1)
        except OSError:  # the same as a worker that ends without a word
            pass
    if not status:
        os.kill(os.getpid(), signal.SIGKILL)
    return status[0]


if __name__ == "__main__":
    sys.exit(main())
