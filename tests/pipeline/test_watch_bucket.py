"""A stream whose inbox is a bucket."""

import pytest
from page_files import SENTENCES
from watch_runs import Watch, starter
from whole_runs import records_of

pytestmark = pytest.mark.slow


def test_objects_are_cleaned_as_they_appear(gcs_bucket, gcs_emulator, prism_binary, tmp_path):
    bucket = gcs_emulator.client().bucket(gcs_bucket.removeprefix("gs://"))

    def put(name, *paragraphs):
        bucket.blob(f"inbox/{name}").upload_from_string("\n".join(paragraphs))

    output = tmp_path / "out"
    with starter() as begun:  # takes the emulator's address from this process's environment
        with Watch(begun, prism_binary, f"{gcs_bucket}/inbox", output, "--window=1s") as watch:
            put("a.txt", *SENTENCES[:2])
            watch.wait_for_pages(1)
            put("b.txt", SENTENCES[0], SENTENCES[2])
            watch.wait_for_pages(2)
            watch.kill()
        put("c.txt", SENTENCES[1], SENTENCES[3])
        with Watch(begun, prism_binary, f"{gcs_bucket}/inbox", output, "--window=1s") as watch:
            watch.wait_for_pages(3)
            assert watch.stop()[0] == 0, watch.err
    texts = {d["metadata"]["url"][-5:]: d["text"] for d in records_of(output / "documents")}
    assert texts == {
        "a.txt": "\n".join(SENTENCES[:2]),
        "b.txt": SENTENCES[2],
        "c.txt": SENTENCES[3],
    }
