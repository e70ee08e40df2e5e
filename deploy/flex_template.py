"""What a Flex Template's launcher runs: `pagesieve clean` on Dataflow, with its parameters."""  # noqa: INP001 - a script, no package

import sys

from pipeline.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["clean", "--runner=DataflowRunner", "--progress=off", *sys.argv[1:]]))
