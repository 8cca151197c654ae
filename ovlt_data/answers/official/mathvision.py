r"""MATH-Vision (mathllm/MATH-V, evaluate.py and utils.py): its extraction, its cleaning, its equality.

Its oddities stay: \frac12 is mended only beside a root, "m^3" and "km" go wherever they stand. Officially two
expressions are equal if Python's eval of what latex2sympy reads is, to two places; here the symbolic worker
asks sympy for that number instead, and nothing is evaluated.
"""

import re

from ovlt_data.answers.choice import place_of_gold
from ovlt_data.answers.clean import clean
from ovlt_data.answers.official.scored import Scored, scored, undecided
from ovlt_data.answers.ruling import Gold
from ovlt_data.answers.symbolic import WorkerGone, fits, same_by

_PHRASES = ("the final answer is", "the answer is", "the correct answer is", "the answer should be")
_REPLACED = (
    (" ", ""),
    ("\\,", ""),
    ("∞", "\\infty"),
    ("+\\infty", "\\infty"),
    ("\\\\", "\\"),
    ("\n", ""),
    ("\\text", ""),
    ("\\mbox", ""),
    ("bmatrix", "pmatrix"),
    ("\\left", ""),
    ("\\right", ""),
    ("^{\\circ}", ""),
    ("^\\circ", ""),
    ("{m}^3", ""),
    ("m^3", ""),
    ("{units}", ""),
    ("units", ""),
    ("{km}", ""),
    ("km", ""),
    ("\\!", ""),
    ("tfrac", "frac"),
    ("dfrac", "frac"),
    ("\\$", ""),
    ("$", ""),
    ("\\%", ""),
    ("{.", "{0."),
)
_BARE_ROOT = re.compile(r"\\sqrt([^{])")
_BARE_FRACTION = re.compile(r"\\frac([^{])(?:([^{])|(?=\{))")
_SLASHED = re.compile(r"(-?(?:0|[1-9]\d*))/(-?(?:0|[1-9]\d*))")
_LETTERED = re.compile(r"\(([a-e])\)|\{([a-e])\}")


def score_mathvision(reply: str, gold: Gold) -> Scored:
    said = _cleaned(_extracted(reply)).lower()
    wanted = [text.lower().strip() for text in _wanted(gold)]
    if not said or said in wanted:
        return scored(bool(said), said)
    try:
        return scored(any(_equal(said, text) for text in wanted), said)
    except TimeoutError:
        return undecided("timeout")
    except WorkerGone:
        return undecided("memory")


def _wanted(gold: Gold) -> tuple[str, ...]:
    """Of choices the letter and the text, either of which counts."""
    place = place_of_gold(clean(gold.text), gold.choices) if gold.choices else None
    return (gold.text,) if place is None else ("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place], gold.choices[place])


def _extracted(reply: str) -> str:
    for letter in "ABCDE":
        if reply.endswith((f" {letter}.", f" ({letter}).")) or reply.startswith((f"{letter}\n", f"({letter})\n")):
            reply = letter
    number = reply.split("is ")[-1].rstrip(".")
    if _is_number(number):
        return number
    if "oxed{" in reply:
        return "\\boxed{" + reply.split("oxed{")[-1] if reply.count("oxed{") > 1 else reply
    for phrase in _PHRASES:
        for spelling in (phrase, phrase.replace("the", "The")):
            reply = _after(spelling, reply)
    return reply


def _after(phrase: str, reply: str) -> str:
    if phrase not in reply:
        return reply.strip()
    return reply.split(phrase)[-1].strip().split("\n")[0].split(". ")[0]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cleaned(answer: str) -> str:
    text = _unboxed(answer.lower().replace("{}", ""))
    text = text.split("=")[-1].split("\\approx")[-1]
    for old, new in _REPLACED:
        text = text.replace(old, new)
    text = "0" + text if text.startswith(".") else text
    if "sqrt" in text:
        text = _BARE_FRACTION.sub(_braced, _BARE_ROOT.sub(r"\\sqrt{\1}", text))
    text = _SLASHED.sub(r"\\frac{\1}{\2}", text) if _SLASHED.fullmatch(text) else text
    text = "\\frac{1}{2}" if text == "0.5" else text
    return _LETTERED.sub(lambda found: found[1] or found[2], text).rstrip(".").lstrip(":").strip()


def _unboxed(text: str) -> str:
    """From the first box to the last brace, or to the first brace that closes nothing."""
    start, end = text.find("oxed{"), text.rfind("}")
    if 0 <= start < end:
        text = text[start + len("oxed{") : end]
    close, opened = text.find("}"), text.find("{")
    return text[:close] if close >= 0 and (opened < 0 or close < opened) else text


def _braced(found: re.Match[str]) -> str:
    return f"\\frac{{{found[1]}}}" + (f"{{{found[2]}}}" if found[2] else "")


def _equal(said: str, wanted: str) -> bool:
    return bool(wanted) and fits(said) and fits(wanted) and same_by("mathvision", said, wanted)
