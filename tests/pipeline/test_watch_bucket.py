"""A stream whose inbox, or whose output, is a bucket."""

import json
import logging
import os
import random
import time

import pytest
from page_files import SENTENCES
from watch_runs import Watch, drop_pages, outcome_of, pages_of, starter
from whole_runs import records_of

from pipeline.__main__ import main

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


KILLS = int(os.environ.get("PAGESIEVE_TEST_ROUNDS", "2"))


def _download(bucket, folder):
    """Copies what lies below `out/` in a bucket into a folder; gives the names."""
    names = []
    for blob in bucket.list_blobs(prefix="out/"):
        names.append(blob.name.removeprefix("out/"))
        path = folder / names[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob.download_as_bytes())
    return names


def test_an_output_in_a_bucket_is_that_of_a_folder(
    gcs_bucket, gcs_emulator, prism_binary, clean, tmp_path, capsys
):
    bucket = gcs_emulator.client().bucket(gcs_bucket.removeprefix("gs://"))
    inbox, work, output = tmp_path / "in", tmp_path / "memory.d", f"{gcs_bucket}/out"
    inbox.mkdir()
    pages = pages_of("bucket", 0, 40 * KILLS)
    options = ("--window=1s", "--settle=0s", "--source=x", "--progress=off")
    chance = random.Random()
    with starter() as begun:
        for turn in range(KILLS):
            drop_pages(inbox, pages[turn * 40 : turn * 40 + 40], 10, f"p{turn}")
            with Watch(begun, prism_binary, inbox, output, *options, work=work) as watch:
                watch.wait_for_pages(turn * 40 + 1)
                time.sleep(chance.uniform(0.0, 0.3))  # its files are on their way
                watch.kill()
                assert "Traceback" not in watch.err
        with Watch(begun, prism_binary, inbox, output, *options, work=work) as watch:
            watch.wait_for_start()
            watch.wait_for_pages(len(pages))
            assert watch.stop()[0] == 0, watch.err
            windows = watch.manifest["next_window"]
    assert not list((work / "memory" / "staged").iterdir())
    names = _download(bucket, tmp_path / "out")
    assert {name.partition("/")[0] for name in names} == {"documents", "removed", "run.json"}
    run = json.loads((tmp_path / "out" / "run.json").read_bytes())
    assert (run["pages"]["read"], run["windows"]) == (len(pages), windows)
    ran = clean(
        inbox, options=("--rules=all,-template.line", "--source=x"), output=tmp_path / "batch"
    )
    assert ran.status == 0, ran.err
    assert outcome_of(tmp_path / "out") == outcome_of(ran.output)

    def refused(*words):
        try:
            status = main(
                ["watch", f"--input={inbox}/*", f"--prism_location={prism_binary}", *words]
            )
        finally:
            logging.disable(logging.NOTSET)
        assert status == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    place, other = f"--output={output}", f"--output={gcs_bucket}/other"
    assert "whose memory is not in --work" in refused(place, f"--work={tmp_path}/new")
    assert "has written elsewhere than to" in refused(other, f"--work={work}")
    assert not list(bucket.list_blobs(prefix="other/"))
    nowhere = f"--output={gcs_bucket}-missing/out"
    assert "--output cannot be used" in refused(nowhere, f"--work={tmp_path}/nowhere")


def test_bytes_that_another_stream_has_put_there_are_not_replaced(gcs_bucket, tmp_path):
    from pipeline.cloud.client import ChangedObjectError
    from pipeline.cloud.objects import ObjectReader
    from pipeline.watch.publish import _show

    target = f"{gcs_bucket}/out/documents/part-000000.jsonl.gz"
    (tmp_path / "part").write_bytes(b"window")
    _show(str(tmp_path / "part"), target)
    _show(str(tmp_path / "part"), target)  # killed in between
    for other in (b"windo", b"window s", b"Window", b""):
        (tmp_path / "other").write_bytes(other)
        with pytest.raises(ChangedObjectError):
            _show(str(tmp_path / "other"), target)
    assert ObjectReader(target).read() == b"window"
