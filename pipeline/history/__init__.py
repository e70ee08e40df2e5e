"""The memory of scheduled runs: rows of all earlier paragraphs, one run after another.

manifest.json          which runs count, and in which files their rows lie; replaced at once
runs/<number>-<key>/   rows of a run, sorted by key, and the ids of its pages
merged/<number>-<key>/ rows of several runs, merged by `pagesieve index compact`
"""
