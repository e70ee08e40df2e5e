"""A service account whose tokens come from a server of the tests, as Google's would."""

import base64
import http.server
import json
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs

EMAIL = "sieve@tests.iam.gserviceaccount.com"
TOKEN = "secret"


class TokenServer(http.server.BaseHTTPRequestHandler):
    """Gives tokens to whoever signs a request for `EMAIL`."""

    protocol_version = "HTTP/1.1"
    permits = True
    tokens = 0

    def log_message(self, *_):
        """Says nothing."""

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        claims = form["assertion"][0].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        assert claims["iss"] == EMAIL
        type(self).tokens += 1
        if not self.permits:
            self.say(400, {"error": "invalid_grant", "error_description": "Invalid JWT"})
            return
        self.say(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    def say(self, status, values):
        """Answers with JSON."""
        data = json.dumps(values).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving(kind=TokenServer, permits=True):
    """Runs a server until the block ends; yields its class, which counts, and its address."""
    handler = type("Server", (kind,), {"permits": permits, "tokens": 0})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield handler, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def key_of(address):
    """The content of a key file of the account; its tokens come from the address."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    values = {
        "type": "service_account",
        "project_id": "tests",
        "private_key_id": "1",
        "private_key": key.decode(),
        "client_email": EMAIL,
        "token_uri": f"{address}/token",
    }
    return json.dumps(values)
