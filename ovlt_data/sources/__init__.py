"""Problems from where they stand: each row becomes a problem, or is kept as unusable with a reason.

Reading is lazy. Rows are picked before anything is done with them: `first` in the file's order, `sample` by a hash of
the row, so that a source that grows, or a larger number, keeps most picks. A row that says the same as an earlier one
of its source is a duplicate. What is kept of those are their ids as numbers: sources have millions of rows.
"""

import hashlib
import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from ovlt_data.errors import RowError, UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.catalogue import SOURCES
from ovlt_data.sources.draft import Draft, as_unusable
from ovlt_data.sources.hub import find_commit, is_hub_id
from ovlt_data.sources.problem import make_problem
from ovlt_data.sources.source import Source
from ovlt_data.types import Problem, Unusable

__all__ = [
    "SOURCES",
    "Source",
    "check_source",
    "describe",
    "list_commits",
    "on_hub",
    "read_source",
    "read_sources",
    "refuse_untrainable",
]


def read_sources(
    specs: Sequence[SourceSpec],
    *,
    images_folder: Path,
    seed: int,
    limit: int | None = None,
    is_full: Callable[[str], bool] = lambda _: False,
) -> Iterator[Problem | Unusable]:
    """All of a recipe's sources, in its order; each is looked at before the first row of any is given.

    Sources that share a label share its duplicates: splits may overlap. One whose label `is_full` is read no further.
    """
    for spec in specs:
        check_source(spec)
    known: dict[str, set[int]] = {spec.source: set() for spec in specs}
    return chain.from_iterable(
        _read_until(
            is_full,
            spec.source,
            read_source(spec, images_folder=images_folder, seed=seed, limit=limit, known=known[spec.source]),
        )
        for spec in specs
    )


def read_source(
    spec: SourceSpec,
    *,
    images_folder: Path,
    seed: int,
    limit: int | None = None,
    known: set[int] | None = None,
) -> Iterator[Problem | Unusable]:
    """The source's problems; pictures that rows carry are kept in `images_folder`.

    `seed` is the recipe's, for picks and drawings. `limit` takes fewer rows: of a sample the first ranks, so that a
    trial's problems are among the whole run's. `known` are the ids of the problems that count as read before.
    """
    known = set() if known is None else known
    for row in _pick(spec, seed=seed, limit=limit):
        result = row if isinstance(row, Unusable) else _problem_or_unusable(row, spec.source, images_folder)
        if isinstance(result, Unusable):
            yield result
        elif (number := int(result.id, 16)) in known:
            yield _duplicate(result)
        else:
            known.add(number)
            yield result


def _read_until(
    is_full: Callable[[str], bool], source: str, rows: Iterator[Problem | Unusable]
) -> Iterator[Problem | Unusable]:
    while not is_full(source) and (row := next(rows, None)) is not None:
        yield row


def check_source(spec: SourceSpec) -> None:
    """Raise what is wrong with the source as a whole."""
    next(_read(spec, seed=0))


def describe(spec: SourceSpec) -> Source:
    """What is known of its rows: by its label or its subset's name, whichever copy is read, else by its reader."""
    subset = re.sub(r"\(.*|[^a-z0-9]", "", (spec.config or "").lower())  # FigureQA(MathV360K)
    return SOURCES.get(spec.source) or SOURCES.get(subset) or _find_reader(spec)


def refuse_untrainable(specs: Sequence[SourceSpec]) -> None:
    """Raises UsageError for benchmarks whose terms bar training on them."""
    barred = [spec.source for spec in specs if not describe(spec).training]
    if barred:
        raise UsageError(
            f"problems.sources: {', '.join(barred)}: its terms bar training on it; evaluate on it (`ovlt eval`), or "
            "keep it out of what you train on (problems.decontaminate)"
        )


def on_hub(spec: SourceSpec) -> bool:
    """Whether reading the source needs the network."""
    return _find_reader(spec).hub and is_hub_id(_at_home(spec))


def list_commits(specs: Sequence[SourceSpec]) -> list[str]:
    """The Hub datasets that are read, each as `owner/name@commit`."""
    commits = ((spec.path, find_commit(spec)) for spec in map(_at_home, specs) if _find_reader(spec).hub)
    return sorted({f"{path}@{commit}" for path, commit in commits if commit})


def _find_reader(spec: SourceSpec) -> Source:
    source = SOURCES.get(spec.reader)
    if source is None:
        raise UsageError(f"source {spec.source}: no format `{spec.reader}`; expected one of: {', '.join(SOURCES)}")
    return source


def _at_home(spec: SourceSpec) -> SourceSpec:
    """A benchmark of which the recipe says no path is its Hub copy."""
    home = _find_reader(spec).home
    if home is None or spec.path is not None:
        return spec
    return spec.model_copy(update={"path": home.path, "config": spec.config or home.config})


def _read(spec: SourceSpec, *, seed: int) -> Iterator[Draft | Unusable]:
    """All rows of the source, at least one."""
    source = _find_reader(spec)
    spec = _at_home(spec)
    rows = source.read(spec if spec.seed is not None else spec.model_copy(update={"seed": seed}))
    first = next(rows, None)
    if first is None:
        raise UsageError(f"source {spec.source}: {spec.path}: holds no rows; expected {source.layout}")
    return chain([first], rows)


def _pick(spec: SourceSpec, *, seed: int, limit: int | None) -> Iterator[Draft | Unusable]:
    rows = _read(spec, seed=seed)
    count = min((number for number in (spec.sample or spec.first, limit) if number is not None), default=None)
    if spec.sample is None or count is None:
        return islice(rows, count)
    ranks = ((_rank(row, seed), index) for index, row in enumerate(rows))
    picks = {index for _, index in heapq.nsmallest(count, ranks)}
    return (row for index, row in enumerate(_read(spec, seed=seed)) if index in picks)


def _rank(row: Draft | Unusable, seed: int) -> bytes:
    said = row.question if isinstance(row, Draft) else row.message
    return hashlib.sha256(f"{seed}\n{row.origin}\n{said}".encode(errors="replace")).digest()


def _problem_or_unusable(draft: Draft, source: str, images_folder: Path) -> Problem | Unusable:
    try:
        return make_problem(draft, source=source, images_folder=images_folder)
    except RowError as error:
        return as_unusable(error, source=source, origin=draft.origin)


def _duplicate(problem: Problem) -> Unusable:
    message = f"same question, choices, answer and pictures as problem {problem.id}"
    return Unusable(source=problem.source, origin=problem.origin, reason="duplicate", message=message)
