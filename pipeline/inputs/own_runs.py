"""Runs of pagesieve among the files of an input folder: what they removed is no input."""

from collections.abc import Collection, Iterable

_RUN, _DOCUMENTS = "/run.json", "/documents/"
_WORK, _PLAN = ".work", "/plan.json"


def run_folders(paths: Iterable[str]) -> set[str]:
    """Finds the folders of committed runs, and those of work that goes on.

    Args:
      paths: of files.
    """
    paths = list(paths)
    runs = {path.removesuffix(_RUN) for path in paths if path.endswith(_RUN)}
    works = {path.removesuffix(_PLAN) for path in paths if path.endswith(_WORK + _PLAN)}
    if runs:
        with_documents = {path.partition(_DOCUMENTS)[0] for path in paths if _DOCUMENTS in path}
        runs &= with_documents
    return runs | works


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
