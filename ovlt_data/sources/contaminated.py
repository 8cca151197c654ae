"""Problems whose pictures an evaluation asks about are refused before anything is sent.

A picture counts that is the benchmark's by its bytes or its pixels, or one that looks the same (the benchmark's copy
may be saved anew or resized) under the same question. Words alone count for nothing: CLEVR, TabMWP and FigureQA ask
the same sentences of thousands of pictures, and nearly all of them would go.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from ovlt_data import images
from ovlt_data.alike import Looks, hash_look, hash_pixels
from ovlt_data.errors import BadImage
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import check_source, read_source
from ovlt_data.text.tails import normalise_question
from ovlt_data.types import Image, Problem, Unusable

REASON = "contaminated"


class Benchmarks:
    """What evaluations ask, to be asked whether a problem is among it.

    Most pictures are decoded for neither comparison: pixels matter only at the size of some benchmark's picture, the
    look only under a benchmark's question.
    """

    def __init__(self) -> None:
        self._bytes: dict[str, str] = {}
        self._pixels: dict[str, str] = {}
        self._sizes: set[tuple[int, int]] = set()
        self._looks: defaultdict[str, Looks[str]] = defaultdict(Looks)

    def add(self, problem: Problem) -> None:
        name = f"{problem.source} {problem.origin}"
        looks = self._looks[_question(problem)]
        for image in problem.images:
            if image.sha256 not in self._bytes:
                self._bytes[image.sha256] = name
                self._pixels.setdefault(hash_pixels(image), name)
                width, height = images.measure(image)
                self._sizes |= {(width, height), (height, width)}  # EXIF may turn either
            looks.add(hash_look(image), name)

    def find(self, problem: Problem) -> str:
        """Why the problem is contaminated, with the benchmark's row; empty where it is not. Raises BadImage."""
        question = _question(problem)
        return next((why for image in problem.images if (why := self._find(image, question))), "")

    def _find(self, image: Image, question: str) -> str:
        if image.sha256 in self._bytes:
            return f"its picture is that of {self._bytes[image.sha256]}, byte for byte"
        if images.measure(image) in self._sizes and (name := self._pixels.get(hash_pixels(image))):
            return f"its picture is that of {name}, pixel for pixel"
        if question in self._looks:
            near = next(self._looks[question].near(hash_look(image)), "")
            return f"it asks what {near} asks, and its picture looks the same" if near else ""
        return ""


def read_benchmarks(specs: Iterable[SourceSpec]) -> Benchmarks:
    """Read whole; pictures that rows carry are kept no longer than it takes to hash them."""
    benchmarks = Benchmarks()
    for spec in specs:
        check_source(spec)
        with tempfile.TemporaryDirectory() as folder:
            for row in read_source(spec, images_folder=Path(folder), seed=0):
                if isinstance(row, Problem):
                    benchmarks.add(row)
    return benchmarks


def refuse_contaminated(rows: Iterable[Problem | Unusable], benchmarks: Benchmarks) -> Iterator[Problem | Unusable]:
    """The rows, with contaminated problems as unusable ones."""
    return (row if isinstance(row, Unusable) else _judge(row, benchmarks) for row in rows)


def _judge(problem: Problem, benchmarks: Benchmarks) -> Problem | Unusable:
    try:
        why = benchmarks.find(problem)
    except BadImage:
        return problem  # generate says what is wrong with its picture
    if not why:
        return problem
    return Unusable(source=problem.source, origin=problem.origin, reason=REASON, message=why)


def _question(problem: Problem) -> str:
    return normalise_question(problem.question)
