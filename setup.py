"""Builds the compiled inner loops, and lets Beam stage this package (--setup_file).

All else is in pyproject.toml. Without a compiler the project installs as well, and is slower.
"""

import os

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "transforms.text._kernel",
            [
                f"transforms/text/_{name}.c"
                for name in ("kernel", "search", "walk", "bounds", "utf8")
            ],
            extra_compile_args=["-O3"] if os.name == "posix" else [],
            optional=True,
        )
    ]
)
