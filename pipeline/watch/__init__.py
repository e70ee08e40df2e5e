"""`pagesieve watch`: pages are cleaned as they arrive, a window of time at a time.

What is durable lies in the output's `memory/`: a manifest, replaced at once at the end of every
window, and the segments that it names (rows of paragraphs, ids of pages, links of duplicates, the
files that were read). All else is work that a restart does again.
"""
