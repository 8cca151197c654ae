"""A trainer that is not ours: its weights follow from parent, dataset and seed, as a real one's do, within no time.

python tests/loop/other_trainer.py MODEL DATASET OUTPUT SEED [--seconds 0.1]
"""

import hashlib
import sys
import time
from pathlib import Path

from ovlt_data.checkpoint import checkpoint_hash


def main() -> None:
    model, dataset, output, seed, *seconds = sys.argv[1:]
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "trained.log").open("a") as log:
        log.write(f"{Path(model).name} {Path(dataset).name}\n")
    time.sleep(float(seconds[0]) if seconds else 0.0)
    weights = hashlib.sha256(f"{checkpoint_hash(Path(model))} {Path(dataset).name} {seed}".encode()).digest()
    (folder / "model.safetensors").write_bytes(weights)


if __name__ == "__main__":
    main()
