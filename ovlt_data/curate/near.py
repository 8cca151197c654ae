"""Which of several near-duplicates stays: the first by a hash of its id.

So the order of rows decides nothing, and rows that are added disturb only their own neighbours. A chain (a near b,
b near c, a not near c) loses only what is near to one that stays.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from ovlt_data.alike import NEAR_BITS, Looks, hash_look, numbers_in, overlap, shingle
from ovlt_data.text.tails import normalise_question
from ovlt_data.types import Image

_PERMUTATIONS = 128
_MANY = 200
"""Questions that may be asked of one picture before MinHash narrows down what is compared."""

Row = Mapping[str, Any]


def find_near_pictures(problems: pl.DataFrame, *, bits: int) -> Iterator[str]:
    """Ids of problems whose pictures all look like those of one that stays, but are other pictures.

    Several questions on one and the same picture are no duplicates.
    """
    stays: Looks[tuple[str, ...]] = Looks(bits)
    looks: dict[tuple[str, ...], tuple[int, ...]] = {}
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in _with_pictures(problems):
        groups.setdefault(tuple(row["image_sha256"]), []).append(row)
    for key in sorted(groups, key=lambda key: _rank(" ".join(key))):
        looks[key] = _look_at(groups[key][0])
        near = stays.near(looks[key][0])
        if any(_all_near(looks[key], looks[other], bits) for other in near):
            yield from (row["id"] for row in groups[key])
        else:
            stays.add(looks[key][0], key)


def find_near_problems(problems: pl.DataFrame, *, alike: float) -> Iterator[str]:
    """Ids of problems that ask the same of the same picture, or of near ones, as one that stays, with the same gold.

    The same: so large a share of their runs of three words, choices included, and equal numbers.
    """
    for group in _group_by_question(problems, _group_pictures(problems)).values():
        yield from _find_repeats(sorted(group, key=lambda row: _rank(row["id"])), alike)


def _group_pictures(problems: pl.DataFrame) -> dict[tuple[str, ...], str]:
    """A name for each set of pictures, the same for those that look the same as the first of their kind."""
    known: Looks[tuple[str, ...]] = Looks()
    looks: dict[tuple[str, ...], tuple[int, ...]] = {}
    names: dict[tuple[str, ...], str] = {(): ""}
    rows = {tuple(row["image_sha256"]): row for row in _with_pictures(problems)}
    for key in sorted(rows, key=lambda key: _rank(" ".join(key))):
        looks[key] = _look_at(rows[key])
        near = (other for other in known.near(looks[key][0]) if _all_near(looks[key], looks[other]))
        first = next(near, key)
        names[key] = " ".join(first)
        if first == key:
            known.add(looks[key][0], key)
    return names


def _group_by_question(
    problems: pl.DataFrame, pictures: Mapping[tuple[str, ...], str]
) -> dict[tuple[str, str, frozenset[str]], list[Row]]:
    """What must be equal is: the picture's name, the gold, the question's numbers."""
    groups: defaultdict[tuple[str, str, frozenset[str]], list[Row]] = defaultdict(list)
    for row in problems.iter_rows(named=True):
        key = (pictures[tuple(row["image_sha256"] or ())], _gold(row), numbers_in(_said(row)))
        groups[key].append(row)
    return groups


def _find_repeats(rows: list[Row], alike: float) -> Iterator[str]:
    if len(rows) < 2:
        return
    runs = {row["id"]: shingle(_said(row)) for row in rows}
    candidates = _Candidates(alike) if len(rows) > _MANY else None
    stays: list[str] = []
    for row in rows:
        compared = stays if candidates is None else candidates.of(runs[row["id"]])
        if any(overlap(runs[row["id"]], runs[other]) >= alike for other in compared):
            yield row["id"]
            continue
        stays.append(row["id"])
        if candidates is not None:
            candidates.add(row["id"], runs[row["id"]])


class _Candidates:
    """Those that may be alike: MinHash with a lower bar, since it guesses, and the overlap then decides."""

    def __init__(self, alike: float) -> None:
        from datasketch import MinHash, MinHashLSH  # only where so many are compared

        self._minhash = MinHash
        self._index = MinHashLSH(threshold=max(0.1, alike - 0.2), num_perm=_PERMUTATIONS)

    def add(self, name: str, runs: Iterable[str]) -> None:
        self._index.insert(name, self._hash(runs))

    def of(self, runs: Iterable[str]) -> list[str]:
        return sorted(str(name) for name in self._index.query(self._hash(runs)))

    def _hash(self, runs: Iterable[str]) -> Any:
        minhash = self._minhash(num_perm=_PERMUTATIONS, seed=1)
        minhash.update_batch([run.encode() for run in runs])
        return minhash


def _with_pictures(problems: pl.DataFrame) -> Iterator[Row]:
    return problems.filter(pl.col("image_sha256").list.len() > 0).iter_rows(named=True)


def _look_at(row: Row) -> tuple[int, ...]:
    return tuple(hash_look(Image(*of)) for of in zip(row["image_paths"], row["image_sha256"], strict=True))


def _all_near(one: tuple[int, ...], other: tuple[int, ...], bits: int = NEAR_BITS) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all((a ^ b).bit_count() <= bits for a, b in pairs)


def _said(row: Row) -> str:
    return " ".join([row["question"], *(row["choices"] or ())])


def _gold(row: Row) -> str:
    """The right choice's text: its letter changes when choices are shuffled."""
    choices: list[str] = row["choices"] or []
    at = ord(row["answer"][:1] or "?") - ord("A")
    is_letter = row["answer_type"] == "choice" and len(row["answer"]) == 1 and 0 <= at < len(choices)
    return normalise_question(choices[at] if is_letter else row["answer"])


def _rank(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
