"""Which weights a folder holds: a name alone is no identity, since the next iteration is served under the same one."""

import hashlib
from pathlib import Path

from ovlt_data.errors import UsageError

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Trainers leave other .bin files beside them, which hold no weights."""


def checkpoint_hash(folder: Path) -> str:
    """Which weights: a hash over the weight files' names and bytes, the same on every machine."""
    files = sorted(path for pattern in WEIGHTS for path in folder.glob(pattern))
    if not files:
        raise UsageError(f"{folder}: no weights; expected the folder of a model, with {' or '.join(WEIGHTS)} files")
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()
