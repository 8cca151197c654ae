"""`excise` as one writes it for a single trace with Python's re, sentence by sentence: what `ovlt_data.curate.detours`
does for a whole column. The benchmark runs it beside ours, and the tests compare the two.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ovlt_data.text.reflect import MARKERS, is_reflective

_VALUE = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_FILLER = re.compile(rf"[\"'(]*{MARKERS.fillers}", re.IGNORECASE)
_STEP = re.compile(rf"{MARKERS.steps}\b|\d+[.)]|[-*•#]", re.IGNORECASE)
_CONCLUSION = re.compile(MARKERS.conclusions, re.IGNORECASE)


_DISPLAYED = r"\$\$.+?\$\$|\\\[.+?\\\]|\\begin\{(\w+\*?)\}.+?\\end\{\1\}"
_END = r"(?P<end>[.!?…]+[\"'”’)\]*}]*\s+|\n\s*)"
_CUT = re.compile(f"{_DISPLAYED}|{_END}", re.DOTALL)
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|approx|etc|mr|mrs|ms|dr|st|fig|eq|no|cf)|(?:^|\n)[ \t]*\d+)\.\s+$", re.IGNORECASE
)
_REACH = 12
"""Characters before an end in which an abbreviation fits."""


def excise(reasoning: str) -> str:
    """What is left; the whole trace where nothing would be."""
    sentences = split_sentences(reasoning)
    return cut_detours(sentences, [is_reflective(sentence) for sentence in sentences])


def cut_detours(sentences: Sequence[str], reflective: Sequence[bool]) -> str:
    """The same, with the sentences told apart."""
    if not any(reflective):
        return "".join(sentences)
    values = [_values(sentence) for sentence in sentences]
    fresh = _first_stated(values)
    kept = _keep_outside(sentences, reflective, fresh)
    _keep_live(kept, sentences, values, fresh)
    return _join(sentences, kept) or "".join(sentences)


def _values(sentence: str) -> set[str]:
    return {value.replace(",", "") for value in _VALUE.findall(sentence)}


def _first_stated(values: Sequence[set[str]]) -> list[set[str]]:
    """Of each sentence the values that no earlier one has."""
    seen: set[str] = set()
    fresh: list[set[str]] = []
    for here in values:
        fresh.append(here - seen)
        seen |= here
    return fresh


def _keep_outside(sentences: Sequence[str], reflective: Sequence[bool], fresh: Sequence[set[str]]) -> list[bool]:
    """True for sentences outside of detours."""
    last = max((i for i, sentence in enumerate(sentences) if _CONCLUSION.match(sentence)), default=-1)
    kept: list[bool] = []
    lost = False
    for i, sentence in enumerate(sentences):
        starts_line = i == 0 or "\n" in sentences[i - 1]
        if reflective[i]:
            lost = i != last
        elif lost:
            lost = not (i == last or _goes_on(sentence, fresh[i], starts_line=starts_line))
        kept.append(not lost)
    return kept


def _goes_on(sentence: str, fresh: set[str], *, starts_line: bool) -> bool:
    if _CONCLUSION.match(sentence):
        return bool(fresh)
    return starts_line and bool(fresh or not _VALUE.search(sentence)) and _STEP.match(sentence) is not None


def _keep_live(
    kept: list[bool], sentences: Sequence[str], values: Sequence[set[str]], fresh: Sequence[set[str]]
) -> None:
    """From the end backwards, keep also what first stated a value that is used later."""
    used: set[str] = set()
    for i in reversed(range(len(kept))):
        if not kept[i] and fresh[i] & used:
            kept[i] = not is_reflective(_without_filler(sentences[i]))
        if kept[i]:
            used |= values[i]


def _join(sentences: Sequence[str], kept: Sequence[bool]) -> str:
    """The kept ones; the line or paragraph that ended among the dropped still ends."""
    left: list[str] = []
    for sentence, keep in zip(sentences, kept, strict=True):
        if keep:
            left.append(_without_filler(sentence))
        elif left and _gap(sentence).count("\n") > _gap(left[-1]).count("\n"):
            left[-1] = left[-1].rstrip() + _gap(sentence)
    return "".join(left).rstrip()


def _gap(sentence: str) -> str:
    return sentence[len(sentence.rstrip()) :]


def _without_filler(sentence: str) -> str:
    rest = _FILLER.sub("", sentence, count=1) if _FILLER.match(sentence) else sentence
    return rest if rest == sentence else rest[:1].upper() + rest[1:]


def split_sentences(text: str) -> list[str]:
    """Each with the white space that follows it."""
    ends = [0, *_ends(text), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def _ends(text: str) -> Iterator[int]:
    for cut in _CUT.finditer(text):
        if cut["end"] and not _is_inner(text, cut):
            yield cut.end()


def _is_inner(text: str, cut: re.Match[str]) -> bool:
    return cut["end"][0] == "." and _NO_END.search(text[max(0, cut.start() - _REACH) : cut.end()]) is not None
