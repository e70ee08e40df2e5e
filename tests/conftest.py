"""Fixtures for every test; those of `servers` build and start what they name once it is needed."""

from servers import gcs_bucket, gcs_emulator, portable_options, prism_binary, prism_options

__all__ = ["gcs_bucket", "gcs_emulator", "portable_options", "prism_binary", "prism_options"]
