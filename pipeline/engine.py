"""Engines: which runner does the work, named explicitly, and how it is told to use the cores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.pipeline import Pipeline

LOCAL = "local"
"""The default: this machine, with all its cores."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A runner and its options.

    Attributes:
      description: one line for people.
      options: of the pipeline.
      local: its workers see this machine's files.
    """

    description: str
    options: PipelineOptions
    local: bool


def choose_engine(runner: str, beam_arguments: Sequence[str], workers: int, shards: int) -> Engine:
    """Settles the runner.

    Args:
      runner: `local`, or the name of a Beam runner.
      beam_arguments: Beam's own options.
      workers: processes to use on this machine.
      shards: of the input; more processes than shards have nothing to do.
    """
    arguments = list(beam_arguments)
    processes = max(min(workers, shards), 1)
    if runner == LOCAL:
        arguments.append("--runner=FnApiRunner")
        if processes == 1:
            description = "in this process (FnApiRunner)"
        else:
            arguments += [
                "--direct_running_mode=multi_processing",
                f"--direct_num_workers={processes}",
            ]
            description = f"{processes} processes on this machine (FnApiRunner)"
        return Engine(description, _options(arguments), local=True)
    arguments.append(f"--runner={runner}")
    options = _options(arguments)
    if runner == "PrismRunner" and not any(a.startswith("--environment_type") for a in arguments):
        options = _options([*arguments, "--environment_type=LOOPBACK"])
    local = runner in {"DirectRunner", "FnApiRunner", "PrismRunner", "BundleBasedDirectRunner"}
    return Engine(f"Beam's {runner}", options, local)


def _options(arguments: Sequence[str]) -> PipelineOptions:
    return PipelineOptions(list(arguments), pipeline_type_check=True)


def unknown_options(beam_arguments: Sequence[str]) -> list[str]:
    """Gives the options that Beam does not know either."""
    options = PipelineOptions(list(beam_arguments))
    known = set(options.get_all_options())
    every = set(options.get_all_options(retain_unknown_options=True))
    return sorted(every - known)


def run_pipeline(engine: Engine, build: Callable[[Pipeline], object]) -> None:
    """Runs a pipeline to its end.

    Args:
      engine: the runner.
      build: called with the pipeline, applies the transforms.

    Raises:
      Exception: whatever the runner raises.
    """
    pipeline = Pipeline(options=engine.options)
    build(pipeline)
    result = pipeline.run()
    result.wait_until_finish()


def runner_name(engine: Engine) -> str:
    """Gives the name of the runner that Beam was asked for."""
    return str(engine.options.view_as(StandardOptions).runner)
