"""Runs the local AWS: `python -m lyticsapp.local.cloud.aws.server --port 5000 …`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import run_simple

from lyticsapp.local.cloud.aws.control import Control
from lyticsapp.local.cloud.aws.gate import Gate
from lyticsapp.local.cloud.aws.keys import Keys
from lyticsapp.local.files import read_json


def main() -> None:
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    # Services of moto that call each other read it.
    os.environ.setdefault("MOTO_PORT", str(options.port))
    keys = Keys.known(read_json(options.credentials) or {})
    if keys is None:
        sys.exit(f"{options.credentials} has no keys; `up --local-cloud` writes them.")
    gate = Gate(DomainDispatcherApplication(create_backend_app), Control(keys))
    run_simple(
        options.host,
        options.port,
        gate,
        threaded=True,
        request_handler=MotoRequestHandler,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="AWS on this machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--credentials",
        type=Path,
        required=True,
        help="a file of JSON with aws_access_key_id and aws_secret_access_key, the"
        " keys of the user that may do everything",
    )
    return parser


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
