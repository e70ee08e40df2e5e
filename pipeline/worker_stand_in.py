"""What Beam starts in place of a forked worker: passes its environment on, and waits for its end.

Run as `python -I -S worker_stand_in.py SOCKET`, so that it starts in a hundredth of a second:
standard library only.
"""

import contextlib
import json
import os
import signal
import socket
import sys


def short_address(address: str, stack: contextlib.ExitStack) -> str:
    """Names a socket by its open folder: a socket's path has 107 bytes at most, a folder's more.

    Args:
      address: path of the socket.
      stack: closes the folder at its end; the name holds until then.
    """
    folder, name = os.path.split(address)
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, number)
    return f"/proc/self/fd/{number}/{name}"


def main() -> int:
    """Gives the exit status of the worker; ends by SIGKILL where that was killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # see `pipeline.stop_signals`
        signal.signal(number, signal.SIG_IGN)
    status = b""
    with socket.socket(socket.AF_UNIX) as to_worker, contextlib.ExitStack() as stack:
        try:
            to_worker.connect(short_address(sys.argv[1], stack))
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
