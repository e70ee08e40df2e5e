"""A run's figures in the text format that Prometheus reads (node_exporter's textfile collector)."""

from collections.abc import Mapping
from typing import Any

from pipeline.reporting.run_facts import RunFacts, read_facts


def render_metrics(run: Mapping[str, Any] | None, status: int, ended_s: float) -> str:
    """Returns all metrics of a run, each with its help and type, a line feed at the end.

    Args:
      run: the dict of `run.json`; None when none was committed, which leaves the first three alone.
      status: exit status of the command.
      ended_s: end of the run in seconds since 1970.
    """
    lines = [
        *_metric(
            "pagesieve_success", "1 when the exit status is 0, else 0.", [({}, int(status == 0))]
        ),
        *_metric("pagesieve_exit_status", "Exit status of the command.", [({}, status)]),
        *_metric("pagesieve_end_timestamp_seconds", "When the command ended.", [({}, ended_s)]),
    ]
    if run is not None:
        lines += _figures(read_facts(run))
    return "\n".join(lines) + "\n"


def _figures(facts: RunFacts) -> list[str]:
    pages: list[tuple[dict[str, str], float]] = [
        ({"result": "written", "reason": ""}, facts.pages_written)
    ]
    for result, found in (
        ("dropped", facts.pages_dropped),
        ("rejected", facts.pages_rejected),
        ("skipped", facts.pages_skipped),
    ):
        pages += [({"result": result, "reason": name}, n) for name, n in sorted(found.items())]
    removed = [({"rule": rule}, float(n)) for rule, n in sorted(facts.removed.items())]
    dropped = [({"reason": reason}, float(n)) for reason, n in sorted(facts.dropped.items())]
    seconds: list[tuple[dict[str, str], float]] = (
        [] if facts.seconds is None else [({}, facts.seconds)]
    )
    return [
        *_metric("pagesieve_duration_seconds", "How long the run took.", seconds),
        *_metric("pagesieve_pages_read", "Pages that were read.", [({}, facts.pages_read)]),
        *_metric("pagesieve_pages", "Pages by what became of them.", pages),
        *_metric("pagesieve_paragraphs_in", "Paragraphs read.", [({}, facts.paragraphs_in)]),
        *_metric("pagesieve_paragraphs_kept", "Paragraphs kept.", [({}, facts.paragraphs_kept)]),
        *_metric("pagesieve_paragraphs_removed", "Paragraphs removed, by rule.", removed),
        *_metric("pagesieve_paragraphs_dropped", "Paragraphs of dropped pages.", dropped),
        *_metric(
            "pagesieve_comparisons_left_out",
            "Comparisons left out by the cap.",
            [({}, facts.not_compared)],
        ),
        *_metric(
            "pagesieve_conservation",
            "1 when all that came in is accounted for, else 0.",
            [({}, int(facts.adds_up))],
        ),
    ]


def _metric(name: str, what: str, samples: list[tuple[dict[str, str], float]]) -> list[str]:
    """Gives the lines of one gauge; none without a sample."""
    if not samples:
        return []
    return [
        f"# HELP {name} {what}",
        f"# TYPE {name} gauge",
        *(f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples),
    ]


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    quoted = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(quoted) + "}"


def _escaped(value: str) -> str:
    plain = value.encode("utf-8", "replace").decode("utf-8")
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"
