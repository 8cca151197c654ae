"""Patterns that `re` reads too, for the expressions of polars."""


def for_polars(pattern: str) -> str:
    """With word boundaries of ASCII: those of Unicode are up to 150 times as slow in traces with mathematical signs."""
    return pattern.replace(r"\b", r"(?-u:\b)")
