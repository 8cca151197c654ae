"""From figures of some groups of problems to those of all: a ratio estimate with its interval.

Groups are drawn at random without replacement (Cochran, Sampling Techniques, ch. 6: ratio of the figure to the group's
size, whose variance is that of the residuals). Token counts have heavy tails, under which intervals of this kind are
too narrow: hence 99 percent instead of 95.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

from msgspec import Struct

SURE = NormalDist().inv_cdf(0.995)


class Estimate(Struct, frozen=True):
    """A figure of a whole run, and the interval that it should fall in."""

    value: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """Half of the interval, as a share of the value."""
        return (self.high - self.low) / 2 / self.value if self.value else 0.0

    def times(self, factor: float, *, slack: float = 0.0) -> "Estimate":
        """Scaled by a factor that is itself known only within a share of `slack`."""
        return Estimate(self.value * factor, self.low * factor * (1 - slack), self.high * factor * (1 + slack))


def estimate_total(figures: Sequence[float], sizes: Sequence[int], *, groups: int, size: int) -> Estimate:
    """The sum over all `groups`, which hold `size` problems together, from those looked at: many, or all."""
    looked_at, seen = len(figures), sum(figures)
    ratio = seen / sum(sizes)
    residuals = [figure - ratio * each for figure, each in zip(figures, sizes, strict=True)]
    variance = math.fsum(residual**2 for residual in residuals) / max(looked_at - 1, 1)
    error = groups * math.sqrt(variance / looked_at * (1 - looked_at / groups))
    value = ratio * size
    return Estimate(value, max(value - SURE * error, seen), value + SURE * error)
