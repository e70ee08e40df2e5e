"""How processes are set up: before numpy where it counts, the user's choice untouched."""

import gc
import os
import subprocess
import sys

from pipeline import process_setup


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    return done.stdout.strip()


def test_the_command_line_is_read_before_numpy_comes():
    code = "import sys, pipeline.__main__; print('numpy' in sys.modules)"
    assert run(code) == "False"


def test_a_command_has_one_thread_for_linear_algebra():
    code = (
        "import os; from pipeline.__main__ import main; main(['--help-me']); "
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    assert run(code, OPENBLAS_NUM_THREADS="3") == "3"
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "1"


def test_what_an_earlier_run_left_goes_before_the_next():
    code = """
import gc, weakref
from pipeline.process_setup import collect_rarely, keep_what_is_there
class Ring:
    pass
def ring():
    one = Ring()
    one.itself = one
    return weakref.ref(one)
collect_rarely()
keep_what_is_there()
kept = gc.get_freeze_count()
left = ring()
keep_what_is_there()
print(left(), gc.get_freeze_count() - kept < 1000)
"""
    assert run(code) == "None True"


def test_cycles_are_still_collected():
    code = """
import gc, weakref
from pipeline.process_setup import collect_rarely, keep_what_is_there
class Node: pass
collect_rarely()
keep_what_is_there()
seen = []
for _ in range(200_000):
    node = Node(); node.self = node
    if len(seen) < 10: seen.append(weakref.ref(node))
print(sum(ref() is None for ref in seen))
"""
    assert run(code) == "10"


def test_little_is_kept_wherever_the_library_can(monkeypatch):
    monkeypatch.setattr(process_setup.sys, "platform", "darwin")
    process_setup.keep_little()
    assert gc.isenabled()


def test_beam_comes_without_what_local_runs_never_need_and_it_can_follow():
    code = """
import sys
from pipeline.process_setup import import_beam_lightly
import_beam_lightly()
import apache_beam
names = ("pymongo", "bson", "requests", "google.cloud.storage", "google.cloud.dataflow",
         "google.api_core", "pyarrow", "httplib2", "yaml", "beartype", "cryptography",
         "fastavro")
loaded = [name for name in names if name in sys.modules]
from google.cloud import dataflow, storage
import pyarrow.parquet, pymongo, requests, yaml
from apache_beam.io.gcp.gcsfilesystem import GCSFileSystem
from apache_beam.io.filesystems import FileSystems
print(loaded, type(FileSystems.get_filesystem("gs://a/b")).__name__, yaml.safe_load("[1]"))
"""
    assert run(code) == "[] GCSFileSystem [1]"


def test_a_module_for_later_comes_when_beam_asks_for_something_of_it():
    code = """
import sys
from pipeline.process_setup import import_beam_lightly
import_beam_lightly()
from apache_beam.internal.http_client import get_new_http
from apache_beam.transforms import external
before = {"httplib2", "yaml"} & set(sys.modules)
client, text = get_new_http(), external.yaml.safe_dump([1])
import httplib2
print(before, type(client) is httplib2.Http, text.strip())
"""
    assert run(code) == "set() True - 1"


def test_what_beam_takes_by_name_comes_when_it_is_used():
    code = """
import io, sys
from pipeline.process_setup import import_beam_lightly
import_beam_lightly()
from apache_beam.coders import avro_record, coder_impl
from apache_beam.io import avroio
from apache_beam.transforms import util
from apache_beam.typehints import typehints
assert not {"beartype", "cryptography", "fastavro"} & set(sys.modules)
class Sealed(util.Fernet): pass
key = util.Fernet.generate_key()
schema = '{"type": "record", "name": "one", "fields": [{"name": "n", "type": "int"}]}'
coder = coder_impl.AvroCoderImpl(schema)
out = coder_impl.create_OutputStream()
coder.encode_to_stream(avro_record.AvroRecord({"n": 7}), out, True)
back = coder.decode_from_stream(coder_impl.create_InputStream(out.get()), True)
import beartype.door, beartype.roar, cryptography.fernet, fastavro.read, fastavro.write
assert Sealed(key).decrypt(Sealed(key).encrypt(b"a")) == b"a"
assert back.record == {"n": 7}
assert typehints.is_consistent_with(bool, int)
assert not typehints.is_consistent_with(int, bool)
print(
    Sealed.__mro__[1] is cryptography.fernet.Fernet,
    avroio.block_reader is fastavro.read.block_reader,
    avroio.Writer is fastavro.write.Writer,
    typehints.is_subhint is beartype.door.is_subhint,
    typehints.BeartypeDoorException is beartype.roar.BeartypeDoorException,
)
"""
    assert run(code) == "True True True True True"


def test_an_error_of_what_comes_later_is_the_one_that_beam_expects():
    code = """
from pipeline.process_setup import import_beam_lightly
import_beam_lightly()
from apache_beam.typehints import typehints
class NoHint:
    __module__ = "elsewhere"
print(typehints.is_consistent_with(int, NoHint()))
"""
    assert run(code) == "False"
