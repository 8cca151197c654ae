"""A run's account: what it did and spent, as run.json keeps it while the run goes on and at its end."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from ovlt_data.curate import rejected_problems
from ovlt_data.engine.budget import Purse, Spent
from ovlt_data.engine.events import Event, Note
from ovlt_data.engine.tally import Tally
from ovlt_data.outcome import Outcome, State
from ovlt_data.publish.place import Version
from ovlt_data.report import write_report
from ovlt_data.run_folder import read_run, write_run
from ovlt_data.tables import Curated

WRITE_EVERY = 5.0
"""Seconds between accounts of a run that goes on: what a killed one has spent is known."""

OnEnd = Callable[[Outcome], None]


class Account:
    """Accounts for one call of a run in its folder; the purse knows what earlier calls spent there."""

    def __init__(
        self, folder: Path, *, recipe_file: Path, tally: Tally, purse: Purse, note: Note, on_end: OnEnd
    ) -> None:
        self._folder = folder
        self._recipe_file = recipe_file
        self._tally = tally
        self._purse = purse
        self._note = note
        self._on_end = on_end
        self._started = time.monotonic()

    def close(
        self, state: State, curated: Curated | None = None, version: Version | None = None, *, why: str = ""
    ) -> Outcome:
        """The run's last word: written, told and shown."""
        outcome = self._end(self.write(state, curated, version), why)
        write_report(self._folder)
        return outcome

    def stop(self, why: str) -> None:
        """The last word of a run that can't go on; one that did not come to its first row leaves the last call's."""
        if self._tally.read:
            self.close("stopped", why=why)
        else:
            self._note(Event(event="end", state="stopped", why=why))

    def break_off(self) -> None:
        """The last word of a run that was told twice to stop: there is no time to show it."""
        if self._tally.read:
            self._end(self.write("interrupted"), "told to end at once")

    @asynccontextmanager
    async def keep(self) -> AsyncGenerator[None]:
        """Write now and then while the block runs, as interrupted: if the run is killed, that is what it was."""
        task = asyncio.create_task(self._write_on())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY)
            if self._tally.read:
                self.write("interrupted")

    def write(self, state: State, curated: Curated | None = None, version: Version | None = None) -> Outcome:
        """Count the run as it stands, and replace run.json."""
        rejected, tally = Counter(self._tally.rejected), self._tally
        if curated is not None:
            rejected.update(rejected_problems(curated)["rejected_for"])
        spent = self._purse.by_model()
        outcome = Outcome(
            run=str(self._folder),
            recipe_file=str(self._recipe_file),
            state=state,
            dataset=str(self._folder / "dataset") if version else None,
            version=version.id if version else None,
            requests=tally.requests,
            refined=tally.refined,
            unrefined=tally.unrefined,
            spent=sum(spent.values(), Spent()),
            spent_by_model=spent,
            problems=tally.read - tally.unfed,
            unfed=tally.unfed,
            rungs=tally.rungs,
            kept=curated.rows["problem_id"].n_unique() if curated else 0,
            rejected=rejected,
            failures=tally.failed,
            samples=tally.samples,
            verdicts=tally.verdicts,
            judged=tally.judged,
            reasonless=tally.reasonless,
            rows=version.rows if version else 0,
            funnel=curated.funnel if curated else (),
            difficulty=curated.difficulty if curated else (),
            probes=curated.probes if curated else (),
            probed=tally.probed,
            unprobed=tally.unprobed,
            retries=tally.retries,
            from_store=tally.from_store,
            prompt_tokens=tally.prompt_tokens,
            completion_tokens=tally.completion_tokens,
            loops=tally.loops,
            tokens_saved=tally.tokens_saved,
            seconds=round(time.monotonic() - self._started, 3),
            limited_by=tally.limited_shares,
        )
        write_run(self._folder, msgspec.to_builtins(outcome))
        return outcome

    def _end(self, outcome: Outcome, why: str) -> Outcome:
        self._on_end(outcome)
        ended = Event(event="end", state=outcome.state, why=why, requests=outcome.requests, seconds=outcome.seconds)
        self._note(ended)
        return outcome


def read_spent(folders: Iterable[Path]) -> dict[str, Spent]:
    """What the runs of these folders have sent in all their calls, by model."""
    spent: defaultdict[str, Spent] = defaultdict(Spent)
    for folder in folders:
        said = msgspec.convert(read_run(folder).get("spent_by_model", {}), dict[str, Spent])
        for model, amount in said.items():
            spent[model] += amount
    return spent
