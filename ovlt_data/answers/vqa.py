"""Open questions with ten people's answers (VizWiz): the VQA accuracy, after its official normalisation.

Accuracy is fractional; an answer counts as correct from 0.6, which two agreeing people out of ten give.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from ovlt_data.answers.phrases import is_hedged, without_lead_in
from ovlt_data.answers.ruling import Gold, Ruling, hedged, rule
from ovlt_data.answers.text import compare_text

ENOUGH = 0.6

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
# The official expression, typo included: `?!<=` was meant to be a look-behind, so a full stop always counts.
_PERIOD = re.compile(r"(?!<=\d)(\.)(?!\d)")
_MAX_PERIODS = 32  # officially `re.UNICODE`, which is 32, is passed as the number of replacements
_NUMBER_WORDS = "zero one two three four five six seven eight nine ten"
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS.split())}
_DIGITS["none"] = "0"
_ARTICLES = frozenset({"a", "an", "the"})
_CONTRACTIONS = """
ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's
how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've o'clock
oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd
someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've there're there's
they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's
where'd where's where've who'd who'd've who'll who's why'll why're why's won't would've wouldn't wouldn't've y'all
y'all'll y'all'd've you'd you'd've you'll you're you've
"""
_CONTRACTED = {
    word[:at] + word[at + 1 :]: word for word in _CONTRACTIONS.split() for at in range(len(word)) if word[at] == "'"
}
_CONTRACTED["somebody'd"] = "somebodyd"  # the official table has this one the wrong way round; and none for i'm, i've


def compare_vqa(answer: str, gold: Gold) -> Ruling:
    if not gold.answers:
        return compare_text(answer, gold)
    texts = dict.fromkeys((answer, without_lead_in(answer), answer.rstrip(".")))
    if max(vqa_accuracy(text, gold.answers) for text in texts) >= ENOUGH:
        return rule(True, "vqa")
    return hedged("vqa") if is_hedged(answer) else rule(False, "vqa")


def vqa_accuracy(answer: str, answers: Sequence[str]) -> float:
    """Mean over the people left out one by one of min(1, agreeing / 3)."""
    said = normalise(answer)
    if not said or not answers:
        return 0.0
    agreeing = [normalise(other) == said for other in answers]
    total = sum(agreeing)
    return sum(min(1.0, (total - agrees) / 3) for agrees in agreeing) / len(answers)


@lru_cache(maxsize=4_096)
def normalise(text: str) -> str:
    text = _without_punctuation(text.replace("\n", " ").replace("\t", " ").strip())
    words = (_DIGITS.get(word, word) for word in text.lower().split())
    return " ".join(_CONTRACTED.get(word, word) for word in words if word not in _ARTICLES)


def _without_punctuation(text: str) -> str:
    """A mark beside a space goes, one between letters becomes a space."""
    kept = text
    in_number = _COMMA_IN_NUMBER.search(text) is not None
    for mark in _PUNCTUATION:
        beside_space = mark + " " in text or " " + mark in text
        kept = kept.replace(mark, "" if beside_space or in_number else " ")
    return _PERIOD.sub("", kept, count=_MAX_PERIODS)
