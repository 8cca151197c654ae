r"""The answer out of a whole model output, and by which sign it was found.

Only what follows the thought counts: a thought that never ended gives no answer, and nothing inside one is ever
looked at. Then, in this order: the last <answer> tag; the last \boxed{}; the words "the answer is"; else a short reply
as it stands. The last sign wins, as in the official rules; three tags in a row are a list of guesses, not an answer.
"""

import re
from itertools import islice
from typing import NamedTuple

from ovlt_data.answers.clean import clean
from ovlt_data.answers.phrases import denies

MAX_OUTPUT = 65_536
MAX_ANSWER = 4_096
_MAX_BARE = 600

_OPEN = re.compile(r"<answer>", re.IGNORECASE)
_CLOSE = re.compile(r"</answer>", re.IGNORECASE)
_BRACES = re.compile(r"\\(?:boxed|fbox)\s*+\{|\\[{}]|[{}]")
_UNCLOSED = re.compile(r"\\(?:boxed|fbox)\s*+\{")
_BETWEEN_BOXES = re.compile(r"[\s,;*]*+(?:(?:[\w()]+\s++){0,4}?(?:and|or)\b|[-+=_]{3,}+)?[\s,;*\\]*+")
_PHRASE = re.compile(
    r"\b(?:answers?|correct (?:option|choice))\b[*_\"']*+"
    r"(?:\s*+[:=]|\s++(?:is|are|was|should be|must be|would be|will be)\b)[\s:*_]*+"
    r"|(?:\bfinal |(?:^|\n)[#*_ ]{0,8})answers?[ \t*_]*+\n"
    r"|(?:^|\n)#{4} ?",
    re.IGNORECASE,
)
_LEAD_OF_PHRASE = 32
_FINAL = re.compile(r"\bfinal answer\b", re.IGNORECASE)
_CLOSING_WORDS = ("Therefore", "Thus", "Hence", "So", "Consequently", "In conclusion")
_CLOSING = re.compile(rf"(?:^|(?<=[.!?:;$\])*\d]\s)|(?<=\n)|(?<=\]))(?:{'|'.join(_CLOSING_WORDS)})\b,?\s++")
_PLEASANTRY = re.compile(r"(?:[A-Za-z',]++[ .!]*+){0,12}+\s*+")
_SENTENCE_END = re.compile(
    r",? (?:because|since)\b|, not |"
    r"(?<![\s(][A-Z])(?<!\bM[rs])(?<!\bMrs)(?<!\b[DS][rt])(?<!^[A-Z])(?<!\.[A-Za-z])[.!?][*_\"']*+\s++(?=\S)"
)
_MATHS = re.compile(r"\$\$([^$]++)\$\$|(?<!\\)\$((?:[^$\\]|\\.)++)\$|\\\[(.*?)\\\]|\\\((.*?)\\\)", re.DOTALL)
_WORDS_BEFORE = re.compile(r"(?:(?:[A-Za-z']{2,}+|[aAI])[,:;]?+\s++)*+")
_WORDS_AFTER = re.compile(r"[.,;:!]?+(?:\s++(?:[A-Za-z']{2,}+|a)[.,;:!]?+)*+\s*+")
_END_OF_TURN = re.compile(r"(?<=\S)\s*+(?:<\|(?:im_end|im_start|endoftext|end_of_text|eot_id|end)\|>|</s>)")
_BULLET = re.compile(r"\s*+(?:[-*•]|\d{1,2}[.)])\s")


class Extracted(NamedTuple):
    value: str | None
    method: str
    reason: str = ""
    """Why there is no answer: `no_answer`, `truncated`, `hedged` or `over_size`."""


def extract(output: str) -> Extracted:
    spoken = _after_thought(output)
    if spoken is None:
        return Extracted(None, "thought", "truncated")
    spoken = _before_end_of_turn(spoken)[-MAX_OUTPUT:]
    found = (
        _from_tag(spoken) or _from_box(spoken) or _from_phrase(spoken) or _from_closing(spoken) or _from_whole(spoken)
    )
    if found.value is None:
        return found
    value = found.value.strip()
    if len(value) > MAX_ANSWER:
        return Extracted(None, found.method, "over_size")
    return Extracted(value, found.method) if value else Extracted(None, found.method, "no_answer")


def lone_formula(text: str) -> str | None:
    """The one formula within a sentence of words ("We find that $x < 3$ here") that denies nothing."""
    if "$" not in text and "\\" not in text:
        return None
    found = list(islice(_MATHS.finditer(text), 2))
    if len(found) != 1:
        return None
    before, after = text[: found[0].start()], text[found[0].end() :]
    if not _WORDS_BEFORE.fullmatch(before) or not _WORDS_AFTER.fullmatch(after) or denies(before) or denies(after):
        return None
    return next(filter(None, found[0].groups()), None)


def _after_thought(output: str) -> str | None:
    """What follows the last </think>; None while a thought is open."""
    end = output.rfind("</think>")
    if output.rfind("<think>") > end:
        return None
    return output if end < 0 else output[end + len("</think>") :]


def _before_end_of_turn(spoken: str) -> str:
    """Some servers leave the model's own marks in its text."""
    if "<|" not in spoken and "</s>" not in spoken:
        return spoken
    mark = _END_OF_TURN.search(spoken)
    return spoken if mark is None else spoken[: mark.start()]


def _from_tag(spoken: str) -> Extracted | None:
    """A missing end tag is no fault: a stop sequence eats it."""
    if "<" not in spoken:
        return None
    opens = [match.end() for match in _OPEN.finditer(spoken)]
    if not opens:
        return _before_close(spoken)
    if _guesses(spoken, opens):
        return Extracted(None, "answer_tag", "hedged")
    value = _inside(spoken, opens[-1])
    return _narrowed(value, "answer_tag")


def _before_close(spoken: str) -> Extracted | None:
    """The opening tag may have stood in the prompt."""
    close = _CLOSE.search(spoken)
    return None if close is None or close.start() > _MAX_BARE else _narrowed(spoken[: close.start()], "answer_tag")


def _inside(spoken: str, start: int) -> str:
    close = _CLOSE.search(spoken, start)
    return spoken[start : close.start() if close else len(spoken)]


def _guesses(spoken: str, opens: list[int]) -> bool:
    """Three different answers or more, one tag after the other with nothing said between."""
    if len(opens) < 3:
        return False
    pieces = _OPEN.split(spoken[opens[0] :])[-64:]
    closed = [_CLOSE.split(piece, maxsplit=1) for piece in pieces]
    silent = all(len(parts) == 2 and not parts[1].strip() for parts in closed[:-1])
    return silent and len({parts[0].strip() for parts in closed}) >= 3


def _from_box(spoken: str) -> Extracted | None:
    if "\\boxed" not in spoken and "\\fbox" not in spoken:
        return None
    value = _last_box(spoken)
    later = None if value is None else _final_after_box(spoken)
    if later is not None:
        return Extracted(later, "phrase")
    if value is None and _UNCLOSED.search(spoken):
        return Extracted(None, "boxed", "truncated")
    return None if value is None else Extracted(value, "boxed")


def _final_after_box(spoken: str) -> str | None:
    """ "Final answer: 7" below a box that held a step on the way."""
    tail = spoken[max(spoken.rfind("\\boxed"), spoken.rfind("\\fbox")) :]
    if _FINAL.search(tail) is None:
        return None
    value = _after_phrase(tail)
    return value if value is not None and any(map(str.isdigit, value)) else None


def _last_box(text: str) -> str | None:
    r"""The last balanced \boxed{}, with its neighbours where several are given as one answer ("… and …")."""
    if "\\boxed" not in text and "\\fbox" not in text:
        return None
    plain = _only_plain_box(text)
    if plain is not None:
        return plain
    boxes = _outermost(_boxes(text))
    if not boxes:
        return None
    first = len(boxes) - 1
    while first and _are_joined(text[boxes[first - 1][1] + 1 : boxes[first][0]]):
        first -= 1
    if first == len(boxes) - 1:
        return _unboxed(text[boxes[-1][2] : boxes[-1][1]])
    values = [_unboxed(text[inner:end]).strip() for _, end, inner in boxes[first:]]
    return ", ".join(dict.fromkeys(values))


def _only_plain_box(text: str) -> str | None:
    """The common case: one box, and neither brace nor command in it."""
    before, mark, rest = text.partition("\\boxed{")
    inside, closed, after = rest.partition("}")
    if not closed or "{" in inside or "\\" in inside or "box" in before or "box" in after:
        return None
    return inside if mark else None


def _are_joined(between: str) -> bool:
    return len(between) < 60 and _BETWEEN_BOXES.fullmatch(clean(between)) is not None


def _boxes(text: str) -> list[tuple[int, int, int]]:
    """(start, end, start of the content) of all that close, in the order in which they close."""
    found: list[tuple[int, int, int]] = []
    stack: list[re.Match[str]] = []
    for token in _BRACES.finditer(text):
        if token[0] in (r"\{", r"\}"):
            continue
        if token[0] != "}":
            stack.append(token)
        elif stack:
            opened = stack.pop()
            if len(opened[0]) > 1:
                found.append((opened.start(), token.start(), opened.end()))
    return found


def _outermost(boxes: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    kept: list[tuple[int, int, int]] = []
    for box in boxes:
        while kept and kept[-1][0] > box[0]:
            kept.pop()
        kept.append(box)
    return kept


def _unboxed(value: str) -> str:
    inner = _boxes(value)
    return value[inner[-1][2] : inner[-1][1]] if inner else value


def _from_phrase(spoken: str) -> Extracted | None:
    value = _after_phrase(spoken)
    return None if value is None else Extracted(value, "phrase")


def _after_phrase(spoken: str) -> str | None:
    """What follows the last "the answer is": to the end of its sentence, or the list below it."""
    end = _end_of_phrase(spoken)
    if end is None:
        return None
    tail = spoken[end:].strip()
    if _BULLET.match(tail) and "\n" in tail:
        return tail
    line = tail.split("\n", 1)[0]
    stop = _SENTENCE_END.search(line)
    line = line[: stop.start()] if stop else line
    return line.strip("} ") if line.count("}") > line.count("{") else line  # {"answer": "5"}


def _end_of_phrase(spoken: str) -> int | None:
    """Of the last one. It is looked for around the last word that may belong to one, and only then everywhere."""
    lower = spoken.lower()
    sign = max(lower.rfind("answer"), lower.rfind("correct"), lower.rfind("####"))
    if sign < 0:
        return None
    near = _PHRASE.finditer(spoken, max(0, sign - _LEAD_OF_PHRASE))
    phrases = list(near) or list(_PHRASE.finditer(spoken))
    return phrases[-1].end() if phrases else None


def _from_closing(spoken: str) -> Extracted | None:
    """The last sentence, where it draws the conclusion: "Therefore, there are 12 of them. I hope this helps." """
    signs = list(_CLOSING.finditer(spoken)) if any(word in spoken for word in _CLOSING_WORDS) else []
    if not signs or not signs[-1].start():
        return None
    sentence = spoken[signs[-1].end() :]
    end = _SENTENCE_END.search(sentence)
    if end is not None and not _PLEASANTRY.fullmatch(sentence[end.end() :]):
        return None
    sentence = sentence if end is None else sentence[: end.start()]
    return Extracted(sentence, "phrase") if len(sentence) <= _MAX_BARE else None


def _from_whole(spoken: str) -> Extracted:
    spoken = spoken.strip()
    if not spoken or len(spoken) > _MAX_BARE:
        return Extracted(None, "bare", "no_answer")
    return Extracted(spoken, "bare")


def _narrowed(value: str, method: str) -> Extracted:
    """A tag may hold a whole sentence: what it says is the answer counts."""
    boxed = _last_box(value)
    if boxed is not None:
        return Extracted(boxed, method)
    said = _after_phrase(value)
    return Extracted(value if said is None else said, method)
