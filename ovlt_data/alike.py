"""Pictures and questions that are nearly the same, found without comparing all with all.

Pictures by a perceptual hash of 256 bits. The usual 64 are made for photographs: white diagrams and tables, which
share most of their low frequencies, collide in them. Questions by MinHash over runs of three words, so that the order
of words counts: "Is red greater than blue?" and its reverse are two questions.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from ovlt_data import images
from ovlt_data.text.tails import normalise_question
from ovlt_data.types import Image

SIDE = 16
BITS = SIDE * SIDE
NEAR_BITS = 4
"""Pictures are near when no more of the 256 bits differ. Of real diagrams, tables and maps, 85 percent are after saving
anew as JPEG or at half the size; two maps that differ in the one state they colour differ in 6 bits."""
_RUN = 3

Name = TypeVar("Name", bound=Hashable)


def hash_pixels(image: Image) -> str:
    """Of size and colours: the same for a PNG and its copy with other metadata or compression."""
    picture = images.decode(images.load(image), name=image.path).convert("RGB")
    return hashlib.sha256(f"{picture.size}".encode() + picture.tobytes()).hexdigest()


def hash_look(image: Image) -> int:
    """256 bits, few of which differ between pictures that look the same."""
    import imagehash  # brings scipy: only where pictures are compared

    picture = images.decode(images.load(image), name=image.path)
    return int(str(imagehash.phash(picture, hash_size=SIDE)), 16)


class Looks(Generic[Name]):
    """Named hashes of pictures, to be asked for near ones: two that differ in n bits agree in one of n + 1 bands."""

    def __init__(self, bits: int = NEAR_BITS) -> None:
        self._bits = bits
        self._width = BITS // (bits + 1)
        self._bands: defaultdict[tuple[int, int], list[tuple[int, Name]]] = defaultdict(list)

    def add(self, look: int, name: Name) -> None:
        for band in self._cut(look):
            self._bands[band].append((look, name))

    def near(self, look: int) -> Iterator[Name]:
        """Names of the near ones, each once."""
        found = (known for band in self._cut(look) for known in self._bands.get(band, ()))
        return (name for name in dict.fromkeys(name for known, name in found if self._is_near(known, look)))

    def _is_near(self, one: int, other: int) -> bool:
        return (one ^ other).bit_count() <= self._bits

    def _cut(self, look: int) -> Iterator[tuple[int, int]]:
        """The last band is the widest."""
        mask = (1 << self._width) - 1
        for number in range(self._bits):
            yield number, look >> (number * self._width) & mask
        yield self._bits, look >> (self._bits * self._width)


def shingle(question: str) -> frozenset[str]:
    """Runs of three words of the normalised question; a shorter one is its own run."""
    words = normalise_question(question).split()
    return frozenset(" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1)))


def numbers_in(question: str) -> frozenset[str]:
    """Templates differ in little else."""
    return frozenset(re.findall(r"\d+(?:\.\d+)?", question))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard: the share of all runs that both have."""
    return len(one & other) / len(one | other)
