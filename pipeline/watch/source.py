"""WatchInbox: an unbounded source that looks into a folder or a subscription again and again."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker
from apache_beam.io.restriction_trackers import OffsetRange
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PCollection
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

from pipeline.cloud.client import CloudError, DeniedError, MissingObjectError
from pipeline.cloud.pubsub import Subscriber
from pipeline.errors import RunError, UsageError
from pipeline.inputs.formats import forced_format
from pipeline.storage import join, write_bytes
from pipeline.watch.deliveries import Deliveries
from pipeline.watch.elements import Arrival
from pipeline.watch.inbox import Inbox
from pipeline.watch.intake import Intake
from pipeline.watch.manifest import load
from pipeline.watch.segments import read_keys
from pipeline.watch.settings import WatchSettings
from pipeline.watch.subscription import Subscription

_EVERY_S = 0.2
_BUCKET_EVERY_S = 1.0
_LISTING_SHARE = 10
"""Between two looks passes ten times as long as a look takes, at least."""

_LOOKING_S = 1e9
"""A look into a large bucket may take long; its calls end by themselves when nothing answers."""

_AHEAD = 3
"""Arrivals that are taken but not read: enough to keep the steps busy, few enough to stop soon."""

_END = 1 << 62

_SOURCES: dict[str, Inbox | Subscription] = {}
"""By work folder. A source is resumed by whatever instance the runner has at hand."""


class WatchInbox(beam.PTransform[Any, Any]):
    """Emits what arrives until it is asked to stop, then ends: all that it emitted flows out.

    PBegin -> PCollection[tuple[int, Arrival]], all with the key 0. Event time is the time of
    arrival, so nothing is ever late.

    Args:
      settings: what to watch.
    """

    def __init__(self, settings: WatchSettings) -> None:
        super().__init__()
        self._fn = _WatchFn(settings)

    def expand(self, begin: beam.Pipeline) -> PCollection[tuple[int, Arrival]]:
        """One splittable element that is never done."""
        return begin | "Start" >> beam.Impulse() | "Look" >> beam.ParDo(self._fn)


class _Tracker(RestrictionTracker):
    """Counts arrivals; is never split but where it stops for the moment."""

    def __init__(self, restriction: OffsetRange) -> None:
        self._range = restriction
        self._next = restriction.start

    def current_restriction(self) -> OffsetRange:
        return self._range

    def current_progress(self) -> RestrictionProgress:
        return RestrictionProgress(fraction=0.0)

    def try_claim(self, position: int) -> bool:
        if position >= self._range.stop:
            return False
        self._next = position + 1
        return True

    def try_split(self, fraction_of_remainder: float) -> tuple[OffsetRange, OffsetRange] | None:
        if fraction_of_remainder or self._next >= self._range.stop:
            return None
        residual = OffsetRange(self._next, self._range.stop)
        self._range = OffsetRange(self._range.start, self._next)
        return self._range, residual

    def check_done(self) -> None:
        if self._next < self._range.stop:
            raise ValueError(f"stopped at {self._next} of {self._range}")

    def is_bounded(self) -> bool:
        return False


class _Provider(RestrictionProvider):
    def initial_restriction(self, _element: bytes) -> OffsetRange:
        return OffsetRange(0, _END)

    def create_tracker(self, restriction: OffsetRange) -> _Tracker:
        return _Tracker(restriction)

    def restriction_size(self, _element: bytes, _restriction: OffsetRange) -> int:
        return 1

    def split(self, _element: bytes, restriction: OffsetRange) -> Iterator[OffsetRange]:
        yield restriction

    def truncate(self, _element: bytes, _restriction: OffsetRange) -> None:
        return None


_PROVIDER = _Provider()
_CLOCK = ManualWatermarkEstimator.default_provider()


class _WatchFn(beam.DoFn):
    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        _element: bytes,
        tracker: Any = beam.DoFn.RestrictionParam(_PROVIDER),
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(_CLOCK),
    ) -> Iterator[tuple[int, Arrival]]:
        settings = self._settings
        inbox = _SOURCES.get(settings.work) or open_source(settings)
        began = time.monotonic()
        if os.path.exists(settings.stop_file):
            inbox.stop()
            tracker.try_claim(_END - 1)
            return
        manifest = load(settings.memory)
        inbox.committed(manifest.end_ms if manifest else 0)
        in_bucket = any("://" in pattern for pattern in settings.patterns)
        if in_bucket:
            _tell(settings, inbox, _LOOKING_S)
        inbox.look()
        took_s = time.monotonic() - began
        next_one = tracker.current_restriction().start
        behind = inbox.is_behind(settings.window_ms)
        ahead = 0 if behind else _AHEAD - (next_one - _read(settings))
        for arrival in inbox.take(max(ahead, 0)):
            if not tracker.try_claim(next_one):
                return
            next_one += 1
            yield TimestampedValue(  # type: ignore[misc]  # Beam takes it off
                (0, arrival), Timestamp(micros=arrival.at_ms * 1000)
            )
        least = _BUCKET_EVERY_S if in_bucket else _EVERY_S
        delay_s = least if settings.subscription else max(least, _LISTING_SHARE * took_s)
        _tell(settings, inbox, delay_s)
        watermark.set_watermark(Timestamp(micros=inbox.now_ms() * 1000))
        tracker.defer_remainder(Duration.of(delay_s))


def open_source(settings: WatchSettings) -> Inbox | Subscription:
    """Opens what is watched; it is known by the work folder then.

    Raises:
      UsageError: when there is no such subscription, or it may not be read.
      RunError: when Pub/Sub cannot be reached.
    """
    manifest = load(settings.memory)
    forced = forced_format(settings.config.input_format or None)
    source: Inbox | Subscription
    if settings.subscription:
        source = Subscription(
            _deliveries(settings.subscription),
            forced,
            memory=settings.memory,
            manifest=manifest,
            folder=settings.messages,
            tick_ms=settings.tick_ms,
        )
    else:
        segments = manifest.segments if manifest else ()
        known = (
            key
            for segment in segments
            for key in read_keys(join(settings.memory, segment.folder), segment)
        )
        source = Inbox(
            settings.patterns,
            forced,
            known,
            settle_s=settings.settle_s,
            last_ms=manifest.end_ms if manifest else 0,
            tick_ms=settings.tick_ms,
        )
    _SOURCES[settings.work] = source
    return source


@contextlib.contextmanager
def opened(settings: WatchSettings) -> Iterator[None]:
    """Has the source open while the block runs, and closes it when nothing is at work any more.

    Raises:
      UsageError: see `open_source`.
    """
    source = open_source(settings)
    try:
        yield
    finally:
        source.close()


def _deliveries(subscription: str) -> Deliveries:
    try:
        deliveries = Deliveries(Subscriber(subscription))
    except DeniedError as error:
        raise UsageError(str(error)) from error
    except CloudError as error:
        raise RunError(str(error)) from error
    try:
        deliveries.check()
    except (MissingObjectError, DeniedError) as error:
        deliveries.close()
        raise UsageError(str(error)) from error
    except CloudError:  # it may answer in a moment: what is in the way is told, and pulling goes on
        pass
    return deliveries


def _read(settings: WatchSettings) -> int:
    try:
        with open(settings.read_file, encoding="ascii") as handle:
            return int(handle.read())
    except FileNotFoundError:
        return 0


def _tell(settings: WatchSettings, inbox: Intake, delay_s: float) -> None:
    waiting = inbox.waiting
    values = {name: getattr(waiting, name) for name in waiting.__slots__}
    values["next_look_s"] = time.time() + delay_s
    with contextlib.suppress(OSError):  # a courtesy
        write_bytes(settings.inbox_file, orjson.dumps(values))
