"""Runs and histories among the files of an input folder: what they hold is no input."""

from collections.abc import Collection, Iterable

_RUN, _DOCUMENTS = "/run.json", "/documents/"
_WORK, _PLAN = ".work", "/plan.json"
_HISTORY, _ROWS = "/manifest.json", ".rows"


def run_folders(paths: Iterable[str]) -> set[str]:
    """Finds the folders of committed runs, those of work that goes on, and histories.

    Args:
      paths: of files.
    """
    paths = list(paths)
    found = {path.removesuffix(_PLAN) for path in paths if path.endswith(_WORK + _PLAN)}
    runs = {path.removesuffix(_RUN) for path in paths if path.endswith(_RUN)}
    if runs:
        found |= runs & {p.rpartition(_DOCUMENTS)[0] for p in paths if _DOCUMENTS in p}
    histories = {path.removesuffix(_HISTORY) for path in paths if path.endswith(_HISTORY)}
    if histories:  # rows are two folders further down
        found |= histories & {p.rsplit("/", 3)[0] for p in paths if p.endswith(_ROWS)}
    return found


def inside(path: str, folders: Collection[str]) -> str:
    """Gives the one of some folders that a file is in, at any depth; "" for none."""
    if not folders:
        return ""
    above = path.rpartition("/")[0]
    while above:
        if above in folders:
            return above
        above = above.rpartition("/")[0]
    return ""
