"""Moves files to and from an emulated bucket, on a host that reaches it: VERB BUCKET …

`fill BUCKET FOLDER` makes the bucket with the folder's files; `fetch BUCKET FOLDER` copies all
objects into it; `await BUCKET SUFFIX COUNT` returns once there are so many objects with the suffix.
"""

import os
import sys
import time
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

_WAIT_S = 120


def _fill(client, bucket, folder):
    made = client.create_bucket(bucket)
    for path in Path(folder).rglob("*"):
        if path.is_file():
            made.blob(str(path.relative_to(folder))).upload_from_filename(str(path))


def _fetch(client, bucket, folder):
    for blob in client.list_blobs(bucket):
        path = Path(folder, blob.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob.download_as_bytes(raw_download=True))


def _await(client, bucket, suffix, count):
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        names = [blob.name for blob in client.list_blobs(bucket)]
        if sum(name.endswith(suffix) for name in names) >= int(count):
            return
        time.sleep(0.1)
    sys.exit(f"no {count} objects end with {suffix}")


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    api = storage.Client(
        project="tests",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": os.environ["STORAGE_EMULATOR_HOST"]},
    )
    {"fill": _fill, "fetch": _fetch, "await": _await}[verb](api, *words)
