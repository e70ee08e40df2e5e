"""The time, as run.json tells it."""

import datetime


def now() -> str:
    """Gives the time in UTC as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    moment = datetime.datetime.now(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
