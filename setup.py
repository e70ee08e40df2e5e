"""Lets Beam stage this package on remote workers (--setup_file); see pyproject.toml."""

from setuptools import setup

setup()
