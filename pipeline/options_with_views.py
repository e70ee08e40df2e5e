"""Beam's options, without a command-line parser for each look at them."""

from typing import Any, TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

_View = TypeVar("_View", bound=PipelineOptions)


class OptionsWithViews(PipelineOptions):
    """Options that make each view once: Beam asks for hundreds while it builds a graph.

    Beam makes a parser for each: a fifth of a second a run. All views of one object share its
    values, so one of a kind is as good as another.
    """

    def __init__(self, flags: list[str], **values: Any) -> None:
        # Past Beam's `__setattr__`, which takes options only.
        object.__setattr__(self, "_views", {})
        super().__init__(flags, **values)

    def view_as(self, cls: type[_View]) -> _View:
        """Gives the view of a kind."""
        views: dict[type[PipelineOptions], Any] = self.__dict__["_views"]
        if cls not in views:
            views[cls] = super().view_as(cls)
        view: _View = views[cls]
        return view

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the views out of what is pickled or copied."""
        return dict(super().__getstate__()) | {"_views": {}}
