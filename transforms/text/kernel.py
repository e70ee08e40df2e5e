"""The compiled inner loops, where there are any: `compiled` is their module, or None.

They are built when the project is installed, if a compiler is there (the files in C beside this
one, `setup.py`). Everything works without them, slower, with the same results to the last bit.
"""

import os
from types import ModuleType

VERSION = 20
"""Of the functions' meaning; what an older installation has built is not used."""

WITHOUT = "PAGESIEVE_WITHOUT_KERNEL"
"""Environment variable that has Python do all the work."""


def _load() -> ModuleType | None:
    if os.environ.get(WITHOUT):
        return None
    try:
        from transforms.text import _kernel
    except ImportError:
        return None
    return _kernel if _kernel.VERSION == VERSION else None


compiled = _load()
