"""A bucket behind a proxy that spoils answers, and retries that do not wait long."""

import faulty_proxy
import pytest

from pipeline.cloud import client


@pytest.fixture
def hasty(monkeypatch):
    """Retries after a hundredth of the usual time."""
    usual = client.retry()
    monkeypatch.setattr(
        client, "retry", lambda: usual.with_delay(0.005, 0.2, 2.0).with_timeout(client.RETRY_S)
    )
    monkeypatch.setattr("pipeline.cloud.objects.retry", client.retry)


@pytest.fixture
def behind_proxy(gcs_emulator, gcs_bucket, monkeypatch):
    """Starts a proxy before the emulator and leads this process to it; give it options."""
    stack = []

    def start(**options):
        context = faulty_proxy.faulty_proxy(int(gcs_emulator.url.rsplit(":", 1)[1]), **options)
        proxy = context.__enter__()
        stack.append(context)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        return proxy

    yield start
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_emulator.url)
    for context in stack:
        context.__exit__(None, None, None)
