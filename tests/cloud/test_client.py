"""Credentials: whose are used, what is said without them, and that looking costs nothing."""

import os
import socket
import subprocess
import sys

import google_account
import pytest
from google.auth.exceptions import DefaultCredentialsError

from pipeline.cloud import client
from pipeline.cloud.client import DeniedError, account, call
from pipeline.cloud.objects import stat


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """No credentials anywhere, and no client of an earlier test."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    client._client.cache_clear()
    yield
    client._client.cache_clear()


def test_the_emulator_asks_for_no_credentials(monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    monkeypatch.setattr("google.auth.default", None)
    assert account() == "anonymous"


def test_without_credentials_the_client_is_anonymous_at_once(monkeypatch):
    called = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: called.append(address))
    assert account() == "anonymous"
    assert called == []


def test_processes_started_later_do_not_look_again(monkeypatch):
    monkeypatch.delenv("NO_GCE_CHECK")

    def none(**_):
        raise DefaultCredentialsError("none")

    monkeypatch.setattr("google.auth.default", none)
    assert account() == "anonymous"
    assert os.environ.pop("NO_GCE_CHECK") == "true"


@pytest.mark.parametrize("content", [None, "no json", '{"type": "service_account"}'])
def test_a_key_file_that_cannot_be_used_is_named(monkeypatch, tmp_path, content):
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(DeniedError, match=f"GOOGLE_APPLICATION_CREDENTIALS={path} cannot be used"):
        stat("gs://b/x")


class _Google(google_account.TokenServer):
    """Gives tokens, and objects to those that bear one."""

    def do_GET(self):  # noqa: N802 - the name that the server looks for
        if self.headers.get("Authorization") != f"Bearer {google_account.TOKEN}":
            self.say(401, {"error": {"code": 401, "message": "who are you"}})
        elif "/denied" in self.path:
            self.say(403, {"error": {"code": 403, "message": "not you"}})
        else:
            self.say(200, {"name": "x", "size": "3", "generation": "7"})


def _google(permits=True):
    return google_account.serving(_Google, permits)


@pytest.fixture
def key_file(monkeypatch, tmp_path):
    """Makes the key file of a service account whose tokens come from an address."""

    def make(address):
        path = tmp_path / "key.json"
        path.write_text(google_account.key_of(address))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        monkeypatch.setenv("API_ENDPOINT_OVERRIDE", address)

    return make


def test_a_service_account_logs_in_once(key_file):
    with _google() as (served, address):
        key_file(address)
        for _ in range(3):
            assert stat("gs://b/x").generation == 7
        assert account() == google_account.EMAIL
        assert served.tokens < 3  # the client may look at the bucket from another thread
        with pytest.raises(DeniedError) as caught:
            stat("gs://b/denied")
    assert str(caught.value) == (
        f"gs://b/denied: {google_account.EMAIL} has no permission to read it (403); grant it "
        "storage.objects.get on the bucket"
    )


def test_a_service_account_that_is_refused_is_told(key_file):
    with _google(permits=False) as (_, address):
        key_file(address)
        with pytest.raises(DeniedError, match=r"log in to Google: RefreshError.*Invalid JWT"):
            stat("gs://b/x")


def test_other_errors_are_told_with_their_type():
    def fail():
        raise KeyError("surprise")

    with pytest.raises(client.CloudError, match="KeyError: 'surprise'"):
        call(fail, "gs://b/x", "read")


def test_local_files_need_no_cloud_client(tmp_path):
    code = (
        "import sys, pipeline.storage as s; s.write_bytes(sys.argv[1] + '/x', b'x'); "
        "s.list_files(sys.argv[1]); print([m for m in sys.modules if m.startswith('google.')])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
