"""Rows that belong together: they share a picture or a problem, directly or by way of others."""

import polars as pl


def group_rows(rows: pl.DataFrame) -> pl.Series:
    """A number for each row, equal for those that belong together; `rows` has `problem_id` and `images` (sha256)."""
    parent: dict[str, str] = {}
    keys = [
        [f"problem {problem}", *(f"picture {image}" for image in images)]
        for problem, images in rows.select("problem_id", "images").iter_rows()
    ]
    for first, *others in keys:
        for other in others:
            parent[_root(parent, other)] = _root(parent, first)
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(_root(parent, first), len(numbers)) for first, *_ in keys]
    return pl.Series("group", found, dtype=pl.Int64)


def _root(parent: dict[str, str], key: str) -> str:
    """The key that stands for all that belong to this one; the way there is made shorter."""
    while (above := parent.setdefault(key, key)) != key:
        parent[key] = parent[above]
        key = parent[key]
    return key
