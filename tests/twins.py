"""The compiled kernel and its twins in Python, one beside the other."""

from transforms.text import kernel


def without_kernel(function, *arguments):
    """Calls a function as where no compiler was at hand."""
    found, kernel.compiled = kernel.compiled, None
    try:
        return function(*arguments)
    finally:
        kernel.compiled = found
