"""Assembles the pipeline: plans the input, reads, writes, commits and reports."""
