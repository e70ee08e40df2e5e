"""What happens to a page: one module a transform, its decisions in pure functions under `text`."""
