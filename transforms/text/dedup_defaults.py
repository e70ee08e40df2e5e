"""Defaults of deduplication, apart from code that needs numpy: command lines want them early."""

DEFAULT_RADIUS_BITS = 24
"""Most bits in which the fingerprints of near-duplicates differ."""

DEFAULT_MAX_PIVOTS = 256
"""A paragraph is compared with so many earlier ones of each of its keys, the earliest first."""

DEFAULT_MIN_PAGES = 5
"""A template line stands on so many pages of its host at least."""

DEFAULT_MIN_SHARE = 0.3
"""And on this share of them."""
