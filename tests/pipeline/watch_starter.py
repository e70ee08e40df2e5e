"""Forks `pagesieve watch` from one process that has imported everything.

`python watch_starter.py` reads a JSON list of words a line, the command line of a process, and
answers with its id; `{"wait": id}` answers with its exit status once it has ended (the number of
the signal, negative, where one ended it).
"""

import json
import os
import sys


def _start(words, err):
    child = os.fork()
    if child:
        return child
    os.setsid()
    out = os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    from pipeline.__main__ import main

    status = 1
    try:
        status = main(words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve():
    import pipeline.__main__
    import pipeline.job
    import pipeline.watch.command
    import pipeline.watch.pages
    import pipeline.watch.prism  # noqa: F401 - what takes time is imported once

    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            answer = _start(order["words"], order["err"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve()
