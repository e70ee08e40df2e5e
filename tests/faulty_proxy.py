"""A proxy between a storage client and the emulator that spoils some answers, by a fixed seed."""

import contextlib
import http.client
import http.server
import random
import socket
import struct
import threading
import time
from collections import Counter

FAULTS = ("503", "429", "reset", "lost", "slow", "cut", "short")
"""What may happen to a request:

503, 429: refused, as an overloaded server does.
reset: the connection breaks before the server hears of it.
lost: the server does it, and the connection breaks before it can say so.
slow: the answer comes in pieces, with pauses.
cut: the answer ends before its announced length.
short: half of the object's bytes come, and nothing says that they are not all.
"""

_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "host"}
_PAUSE_S = 0.1


class FaultyProxy(http.server.ThreadingHTTPServer):
    """Forwards to a server on this machine.

    Args:
      upstream: its port.
      rate: 0..1: share of requests that are spoilt.
      faults: which ones are possible.
      seed: of the choice.
      deny: (method, path) -> whether the request is answered with 403.
      spoil: (method, path) -> whether the request may be spoilt.
    """

    daemon_threads = True

    def __init__(
        self,
        upstream,
        rate=0.0,
        faults=FAULTS,
        seed=0,
        deny=lambda *_: False,
        spoil=lambda *_: True,
    ):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.rate = rate
        self.faults = faults
        self.deny = deny
        self.spoil = spoil
        self.seen = []
        self.done = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def choose(self, method, path, headers):
        """The fault of this request, "" for none."""
        with self._lock:
            self.seen.append((method, path, dict(headers)))
            fault = ""
            if self.spoil(method, path) and self._random.random() < self.rate:
                fault = self._random.choice(self.faults)
            self.done[fault] += 1
        return fault

    def handle_error(self, request, client_address):
        """A client that has left is no error here."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Says nothing."""

    def _serve(self):
        proxy = self.server
        body = self._body()
        fault = proxy.choose(self.command, self.path, self.headers)
        if proxy.deny(self.command, self.path):
            self._answer(403, {}, b'{"error": {"code": 403, "message": "no permission"}}')
        elif fault in ("503", "429"):
            self._answer(int(fault), {}, b'{"error": {"code": %s}}' % fault.encode())
        elif fault == "reset":
            self._reset()
        else:
            status, headers, answer = self._forward(body)
            if fault == "lost":
                self._reset()
                return
            media = status in (200, 206) and "alt=media" in self.path
            self._answer(status, headers, answer, fault if media or fault != "short" else "")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        kept["Host"] = f"127.0.0.1:{self.server.upstream}"
        with contextlib.closing(upstream):
            upstream.request(self.command, self.path, body, kept)
            answer = upstream.getresponse()
            data = answer.read()
            headers = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
        if "Location" in headers:  # of a resumable upload: its pieces shall pass here as well
            own = self.server.url
            headers["Location"] = headers["Location"].replace(
                f"http://127.0.0.1:{self.server.upstream}", own
            )
        return answer.status, headers, data

    def _answer(self, status, headers, data, fault=""):
        if fault == "short":
            data = data[: len(data) // 2]
        sent = data[: len(data) // 2] if fault == "cut" else data
        self.send_response_only(status)
        for name, value in headers.items():
            if fault != "short" or name.lower() not in ("x-goog-hash", "content-range"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        pieces = [sent[i : i + len(sent) // 3 + 1] for i in range(0, len(sent), len(sent) // 3 + 1)]
        for piece in pieces:
            if fault == "slow":
                time.sleep(_PAUSE_S)
            self.wfile.write(piece)
        if fault == "cut":
            self.close_connection = True

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.wfile.close()
        self.connection.close()


@contextlib.contextmanager
def faulty_proxy(upstream, **options):
    """Runs a proxy until the block ends; yields it."""
    proxy = FaultyProxy(upstream, **options)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
