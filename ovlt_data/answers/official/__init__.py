"""Each benchmark's own rule, beside our grader: what it pays is reported as `official:<name>`, never as ours.

The official judge of MathVista's extraction and of MathVerse is a language model; the rules that stand for it here call
themselves `rule-graded`, and their figures are not to be compared with published ones. All that is known of a
problem comes as to `grade`; golds of choices may be letters, texts or 0-based indices.
"""

from typing import Unpack

from msgspec.structs import replace

from ovlt_data.answers.grade import GoldOptions
from ovlt_data.answers.official.choices import score_ai2d, score_geometry3k, score_iconqa, score_scienceqa
from ovlt_data.answers.official.mathvision import score_mathvision
from ovlt_data.answers.official.mathvista import score_mathvista
from ovlt_data.answers.official.scored import Rule, Scored, found, reply_of, scored, undecided
from ovlt_data.answers.official.tabmwp import score_tabmwp
from ovlt_data.answers.ruling import Gold
from ovlt_data.answers.vqa import vqa_accuracy

__all__ = ["OFFICIAL", "RULE_GRADED", "Scored", "score"]

RULE_GRADED = frozenset({"mathvista", "mathverse"})
"""Officially judged by a language model."""


def score(benchmark: str, prediction: str, answer: str, **options: Unpack[GoldOptions]) -> Scored:
    """The official score of a whole model output."""
    gold = _gold(answer, options)
    if not gold.text and not gold.answers:
        result = undecided("no_gold")
    else:
        reply = reply_of(prediction)
        result = Scored(score=0.0) if reply is None else OFFICIAL[benchmark](reply, gold)
    return replace(result, method=f"official:{benchmark}" + (" (rule-graded)" if benchmark in RULE_GRADED else ""))


def _gold(answer: str, options: GoldOptions) -> Gold:
    return Gold(
        answer.strip(),
        options.get("answer_type", "auto"),
        tuple(options.get("choices", ())),
        options.get("unit", ""),
        options.get("precision"),
        tuple(options.get("answers", ())),
    )


def _score_mathverse(reply: str, gold: Gold) -> Scored:
    """Its `--quick_match`: the extracted answer, as a string, is the gold."""
    said = found(reply).removesuffix(".")
    return scored(said == gold.text, said)


def _score_vizwiz(reply: str, gold: Gold) -> Scored:
    """VQA accuracy, which is fractional: three of ten people who agree give 0.9."""
    if not gold.answers:
        return undecided("no_gold")
    return Scored(score=vqa_accuracy(reply, gold.answers), extracted=reply)


OFFICIAL: dict[str, Rule] = {
    "ai2d": score_ai2d,
    "geometry3k": score_geometry3k,
    "iconqa": score_iconqa,
    "mathverse": _score_mathverse,
    "mathvision": score_mathvision,
    "mathvista": score_mathvista,
    "scienceqa": score_scienceqa,
    "tabmwp": score_tabmwp,
    "vizwiz": _score_vizwiz,
}
