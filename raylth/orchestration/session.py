"""A quiet Ray: its own noise does not reach the user, and it reports to nobody unless it was told to."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from logging import ERROR

import ray

from raylth.errors import BadInput
from raylth.spec.schema import LoggingSpec

CONNECT_SECONDS = 5.0

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_TQDM_PATCH_PRINT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_WARN_THRESHOLD_S": "3600",
}


@contextmanager
def ray_session(address: str | None, logging: LoggingSpec) -> Iterator[None]:
    """Connect to a cluster, or start Ray on this machine, and leave it again.

    Args:
        address: of a running cluster (`auto`, `host:port`), or None for a Ray of our own.
        logging: whether the dashboard and Ray's usage reports are wanted.

    Raises:
        BadInput: no cluster answers at the address.
    """
    # Ray reads these when it is started, so they must be in the environment and not in a call.
    os.environ.update(QUIET, RAY_USAGE_STATS_ENABLED="1" if logging.usage_stats else "0")
    on_sigterm = signal.getsignal(signal.SIGTERM)
    if address is None:
        ray.init(
            address="local",
            include_dashboard=logging.dashboard,
            dashboard_host="127.0.0.1",
            logging_level=ERROR,
            log_to_driver=False,
        )
    else:
        _connect(address)
    if threading.current_thread() is threading.main_thread():
        # Ray puts a handler of its own there, which ends the process at once.
        signal.signal(signal.SIGTERM, on_sigterm)
    try:
        yield
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    _check_reachable(address)
    try:
        ray.init(address=address, logging_level=ERROR, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise BadInput(f"no Ray cluster answers at {address}: {str(error).splitlines()[0]}") from error


def _check_reachable(address: str) -> None:
    """Ray itself would try for more than a minute, and then end the process."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        return
    if not port.isdecimal():
        raise BadInput(f"--address is {address}, but must be `auto` or host:port")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise BadInput(f"no Ray cluster answers at {address}: {error}") from error
