"""Progress on a terminal: a bar for each step, and what was done so far. Drawn by rich."""

from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from pipeline.reporting.pace import STEPS, Pace, span

_WIDEST = 100


class LiveProgress:
    """Bars that are drawn anew with each look at the run, and taken away in the end.

    Args:
      stream: the terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        console = Console(file=stream, highlight=False, markup=False, emoji=False)
        console.width = min(console.width, _WIDEST)
        self._bars = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(bar_width=None, complete_style="green", finished_style="green"),
            TextColumn("{task.fields[said]:>14}"),
            console=console,
            expand=True,
        )
        self._steps: list[TaskID] = [
            self._bars.add_task(step, total=1.0, said="") for step in STEPS
        ]
        self._live = Live(
            self._bars,
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def start(self) -> None:
        """Begins to draw."""
        self._live.start()

    def show(self, pace: Pace) -> None:
        """Draws how far the run is."""
        for number, (task, share) in enumerate(zip(self._steps, pace.shares, strict=True)):
            said = f"{share:.0%}" if number < pace.step or share else ""
            if number == pace.step and pace.left_s is not None:
                said = f"{span(pace.left_s)} left"
            waiting = number == 1 == pace.step  # how far a search is, nobody knows
            total = None if waiting else 1.0
            self._bars.update(task, completed=share, total=total, said=said)
        facts = Text(
            "  " + " · ".join(pace.facts()), style="dim", overflow="ellipsis", no_wrap=True
        )
        self._live.update(Group(self._bars, facts), refresh=True)

    def stop(self) -> None:
        """Takes the bars away."""
        self._live.update(Text(""), refresh=False)
        self._live.stop()


class LiveLine:
    """One line that is drawn anew again and again, below what is said, and taken away in the end.

    Args:
      stream: the terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._live = Live(
            Text(""),
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def start(self) -> None:
        """Begins to draw."""
        self._live.start()

    def show(self, line: str) -> None:
        """Draws a line, in several where the terminal is narrow."""
        self._live.update(Text(line, style="dim"), refresh=True)

    def say(self, line: str) -> None:
        """Writes a line that stays."""
        self._console.print(line, soft_wrap=True)

    def stop(self) -> None:
        """Takes the line away."""
        self._live.update(Text(""), refresh=False)
        self._live.stop()
