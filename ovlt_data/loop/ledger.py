"""What a loop has done, in its run.json: a finished step is not done again, nor another over its result."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ovlt_data.errors import UsageError
from ovlt_data.run_folder import read_run, write_run

Facts = Mapping[str, str | int]


class Done(Struct, frozen=True, kw_only=True):
    """One finished step."""

    inputs: Mapping[str, str]
    """What it was made of, by hashes and identities."""
    result: Facts
    """`dataset`, `version`, `rows`; or `folder`, `checkpoint`; or `scores` (a folder), `model`."""
    began: str
    seconds: float
    """Of the call that finished it."""


class Ledger:
    """The steps of one loop's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.done = read_ledger(folder)

    async def once(self, name: str, inputs: Mapping[str, str], do: Callable[[], Awaitable[Facts]]) -> Done:
        """The step's result, from an earlier call if it was finished then.

        Raises UsageError where it was finished with other inputs: what comes after it stands on that result.
        """
        found = self.done.get(name)
        if found is not None:
            _refuse_others(name, found, inputs, self._folder)
            return found
        began, start = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
        self._write(now=name)
        result = await do()
        done = Done(inputs=inputs, result=result, began=began, seconds=round(time.monotonic() - start, 1))
        self.done = {**self.done, name: done}
        self._write(now="")
        return done

    def _write(self, *, now: str) -> None:
        write_run(self._folder, {"now": now, "steps": msgspec.to_builtins(self.done)})


def read_ledger(folder: Path) -> dict[str, Done]:
    """By the step's name, in their order."""
    return msgspec.convert(read_run(folder).get("steps", {}), dict[str, Done])


def _refuse_others(name: str, found: Done, inputs: Mapping[str, str], folder: Path) -> None:
    differing = [key for key in {**found.inputs, **inputs} if found.inputs.get(key) != inputs.get(key)]
    if differing:
        raise UsageError(
            f"{folder}: the step {name} was finished with another {' and '.join(differing)}, and later steps stand on "
            "it; put the recipe back as it was, or start another loop with --name"
        )
