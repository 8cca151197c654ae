"""`ovlt --help` beside `python -c pass`: python -m benchmarks.startup"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
LIMIT = 12.0
"""Times the floor: what the command line promises."""


def main() -> None:
    ovlt = str(Path(sys.executable).parent / "ovlt")
    pairs = [(measure([ovlt, "--help"]), measure([sys.executable, "-c", "pass"])) for _ in range(RUNS)]
    ratio = statistics.median(ours / floor for ours, floor in pairs)
    print(f"ovlt --help: {ratio:.1f}x `python -c pass` (median of {RUNS} pairs; promised: under {LIMIT:g}x)")


def measure(command: list[str]) -> float:
    """Seconds of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
