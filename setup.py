"""Lets Beam stage this package on remote workers (--setup_file); the metadata is in pyproject.toml."""

from setuptools import setup

setup()
