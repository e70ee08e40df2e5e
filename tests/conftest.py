"""Fixtures for every test; those of `servers` build and start what they name once it is needed."""

import os

from hypothesis import HealthCheck, settings
from servers import (
    gcs_bucket,
    gcs_emulator,
    gcs_program,
    portable_options,
    prism_binary,
    prism_options,
    pubsub_server,
)

__all__ = [
    "gcs_bucket",
    "gcs_emulator",
    "gcs_program",
    "portable_options",
    "prism_binary",
    "prism_options",
    "pubsub_server",
]

# Time limits would make a busy machine fail; in CI every run tries the same examples.
settings.register_profile(
    "pagesieve",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("pagesieve")
