"""The files of a run that speak of it as a whole; run.json comes last."""

from typing import Any, Final

from pipeline.json_text import pretty
from pipeline.outputs.commit import REPORT_FILE, RUN_FILE
from pipeline.storage import join, write_bytes

CARD_FILE: Final = "card.md"


def write_summary_files(folder: str, run: dict[str, Any]) -> None:
    """Writes report.html, card.md and run.json.

    Args:
      folder: where the run is, or is built.
      run: the content of run.json.
    """
    write_for_people(folder, run)
    write_bytes(join(folder, RUN_FILE), pretty(run))


def write_for_people(
    folder: str, run: dict[str, Any], compared_with: dict[str, Any] | None = None
) -> list[str]:
    """Writes report.html and card.md.

    Args:
      folder: where the run is.
      run: the content of its run.json.
      compared_with: that of another run; the report says what changed since.

    Returns:
      Their paths.
    """
    from pipeline.reporting.card import render_card
    from pipeline.reporting.report import render_report

    report, card = join(folder, REPORT_FILE), join(folder, CARD_FILE)
    write_bytes(report, render_report(run, compared_with).encode("utf-8", "replace"))
    write_bytes(card, render_card(run).encode("utf-8", "replace"))
    return [report, card]
