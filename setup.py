"""Builds the compiled inner loops, and lets Beam stage this package (--setup_file).

All else is in pyproject.toml. Without a compiler the project installs as well, and is slower.
"""

import os

from setuptools import Extension, setup

SOURCES = (
    *("_kernel", "_bounds", "_bytes", "_features", "_forms", "_headings", "_hints", "_inside"),
    *("_kept", "_lines", "_phrases", "_quality", "_reasons", "_receipts", "_search", "_utf8"),
    *("_walk", "_words"),
)
HEADERS = ("_charclass", "_machine")

setup(
    ext_modules=[
        Extension(
            "transforms.text._kernel",
            [f"transforms/text/{name}.c" for name in SOURCES],
            depends=[f"transforms/text/{name}.h" for name in HEADERS],
            extra_compile_args=["-O3"] if os.name == "posix" else [],
            optional=True,
        )
    ]
)
