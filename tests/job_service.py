"""Beam's job service in Python, for drivers and workers on other hosts: PORT WORKERS.

`local_job_service_main` is the same for one host and one worker: it listens on the loopback, and
runs each job on an FnApiRunner that asks the pool for one worker.
"""

import socket
import sys
import threading

from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.runners.portability.local_job_service import BeamJob, LocalJobServicer


class _Job(BeamJob):
    workers = 1

    def _invoke_runner(self):
        self.set_state(beam_job_api_pb2.JobState.RUNNING)
        runner = FnApiRunner(provision_info=self._provision_info)
        runner._num_workers = self.workers
        return runner.run_via_runner_api(self._pipeline_proto, self.pipeline_options())


class _Servicer(LocalJobServicer):
    def get_bind_address(self):
        return "[::]"

    def get_service_address(self):
        return socket.gethostname()


if __name__ == "__main__":
    _Job.workers = int(sys.argv[2])
    _Servicer(beam_job_type=_Job).start_grpc_server(int(sys.argv[1]))
    threading.Event().wait()
