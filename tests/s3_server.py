"""A real S3 server on loopback: moto's, in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyarrow import fs

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
START_SECONDS = 30.0


@contextmanager
def s3_server() -> Iterator[str]:
    """Start it, and end it again; its place as `127.0.0.1:PORT`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(server, port)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def options(place: str) -> str:
    """What follows an address `s3://bucket/path` to mean this server."""
    return f"?endpoint_override={place}&scheme=http"


def make_bucket(place: str, name: str) -> None:
    """Make a bucket; the credentials must be in the environment."""
    filesystem = fs.S3FileSystem(endpoint_override=place, scheme="http", allow_bucket_creation=True)
    filesystem.create_dir(name)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the S3 server did not start")
