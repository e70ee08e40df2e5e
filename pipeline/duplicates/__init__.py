"""Duplicates across all shards: sorted runs of rows, partitions of the key space, keepers."""
