"""Whole runs from bucket to bucket as somebody: every request bears the account's token."""

import faulty_proxy
import google_account
import pytest
from history_runs import page, sentence

from pipeline import storage
from pipeline.cloud import client

pytestmark = pytest.mark.slow


@pytest.fixture
def login(gcs_emulator, gcs_bucket, monkeypatch, tmp_path):
    """Leads this process to the emulator without saying that it is one; give the kind."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    with (
        google_account.serving() as (served, address),
        faulty_proxy.faulty_proxy(int(gcs_emulator.url.rsplit(":", 1)[1])) as proxy,
    ):

        def log_in(kind):
            monkeypatch.delenv("STORAGE_EMULATOR_HOST")
            monkeypatch.setenv("API_ENDPOINT_OVERRIDE", proxy.url)
            path = tmp_path / "key.json"
            if kind == "application default":
                path = tmp_path / "gcloud" / "application_default_credentials.json"
            path.parent.mkdir(exist_ok=True)
            if kind != "anonymous":
                path.write_text(google_account.key_of(address))
            if kind == "service account":
                monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
            client._client.cache_clear()
            return served, proxy

        yield log_in
    client._client.cache_clear()


@pytest.mark.parametrize("kind", ["anonymous", "application default", "service account"])
def test_a_run_from_bucket_to_bucket_as(login, gcs_bucket, clean, kind):
    pages = "".join(page(n, [sentence(n), sentence(n % 2)], "") for n in range(4))
    storage.write_bytes(f"{gcs_bucket}/in/a.jsonl", pages.encode())
    served, proxy = login(kind)
    options = (f"--history={gcs_bucket}/history", "--workers=1", "--progress=off")
    ran = clean(f"{gcs_bucket}/in", options=options, output=f"{gcs_bucket}/out")
    assert ran.status == 0, ran.err
    assert storage.exists(f"{gcs_bucket}/out/run.json")
    checked = clean(f"{gcs_bucket}/in", options=("--check",), output=f"{gcs_bucket}/new")
    who = "anonymous" if kind == "anonymous" else google_account.EMAIL
    assert f"Google Cloud Storage as {who}" in checked.out
    bearers = {headers.get("authorization") for _, _, headers in proxy.seen}
    assert bearers == {None if kind == "anonymous" else f"Bearer {google_account.TOKEN}"}
    assert len(proxy.seen) > 20
    assert (served.tokens > 0) is (kind != "anonymous")
