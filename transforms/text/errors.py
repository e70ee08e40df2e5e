"""Errors that a page's text can cause. Each one makes the page a reject, never the run a failure.

TextError
├── TooLarge       more characters than the extractor takes
├── TooDeep        elements nested, or attributes piled up, beyond the limit
└── ParserFailed   the HTML parser gave up
"""

from typing import ClassVar, Literal


class TextError(Exception):
    """A page that cannot be turned into paragraphs.

    Attributes:
      reason: the name under which the page is rejected; see `transforms.records.Reason`.
    """

    reason: ClassVar[Literal["too_large", "too_deep", "failed"]] = "failed"


class TooLarge(TextError):  # noqa: N818  the state of the page, not of the program
    """The page has more characters than the limit."""

    reason = "too_large"


class TooDeep(TextError):  # noqa: N818
    """Elements are nested, or attributes are piled up in one tag, beyond the limit."""

    reason = "too_deep"


class ParserFailed(TextError):  # noqa: N818
    """The HTML parser gave up on the page."""

    reason = "failed"
