"""python -m ovlt_data.serve MODEL [--host 127.0.0.1] [--port 0] [--parent]"""

import argparse
import os
import socket
import sys
import threading
from pathlib import Path

import torch
import uvicorn
from transformers.utils import logging

from ovlt_data.errors import EnvironmentStop, OvltError
from ovlt_data.serve.app import make_app
from ovlt_data.serve.embedded import check_folder
from ovlt_data.serve.model import LoadedModel

THREADS = 2
NOTICE = "ovlt's embedded server is for trying things out on a CPU, not for production: use vLLM there"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--parent", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    if arguments.parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        check_folder(arguments.model)
        serve(arguments.model, host=arguments.host, port=arguments.port)
    except OvltError as error:
        sys.exit(str(error))


def serve(folder: Path, *, host: str, port: int) -> None:
    """Serve a model under its folder's name until interrupted; a line says when it is ready."""
    print(NOTICE, file=sys.stderr, flush=True)
    torch.set_num_threads(min(THREADS, torch.get_num_threads()))
    logging.disable_progress_bar()
    app = make_app(LoadedModel(folder), name=folder.name or folder.resolve().name)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    with _listen(host, port) as listener:
        print(f"listening on http://{host}:{listener.getsockname()[1]}/v1", flush=True)
        server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise EnvironmentStop(f"can't listen at {host}:{port}: {error.strerror}; --port 0 takes a free one") from error


def _end_with_parent() -> None:
    """The pipe closes however the parent ends, and nothing here is worth a goodbye."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
