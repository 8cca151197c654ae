"""Several answers at once: a list keeps its order, a set does not, and neither may have one more or one less."""

import re

from ovlt_data.answers.nearness import equal
from ovlt_data.answers.numbers import read_number
from ovlt_data.answers.phrases import without_lead_in
from ovlt_data.answers.ranges import equal_ranges, range_ends, read_range
from ovlt_data.answers.text import fold

MAX_ITEMS = 128

_PARTING = re.compile(r"[;\n]|,(?!\d{3}(?!\d))|(?<=\D),|,(?= )|\s(?:and|&)\s|(?<=[A-Za-z]) ?/ ?(?=[A-Za-z])")
_MARK = re.compile(r"[;\n&/]|and")
"""None of them, and a space after every comma: most answers, which need no expression to be parted."""
_AND = re.compile(r"^\s*+(?:and|&)\s++", re.IGNORECASE)
_BULLET = re.compile(r"^\s*+(?:[-*•]\s|\d{1,2}[.)]\s)")
_MAY_LEAD = frozenset("aA&-*•0123456789")
_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_BETWEEN = re.compile(r"^(?:between|from|both)\s++", re.IGNORECASE)
_STATE_NAMES = """
AL Alabama AK Alaska AZ Arizona AR Arkansas CA California CO Colorado CT Connecticut DE Delaware FL Florida GA Georgia
HI Hawaii ID Idaho IL Illinois IN Indiana IA Iowa KS Kansas KY Kentucky LA Louisiana ME Maine MD Maryland
MA Massachusetts MI Michigan MN Minnesota MS Mississippi MO Missouri MT Montana NE Nebraska NV Nevada NH New-Hampshire
NJ New-Jersey NM New-Mexico NY New-York NC North-Carolina ND North-Dakota OH Ohio OK Oklahoma OR Oregon PA Pennsylvania
RI Rhode-Island SC South-Carolina SD South-Dakota TN Tennessee TX Texas UT Utah VT Vermont VA Virginia WA Washington
WV West-Virginia WI Wisconsin WY Wyoming
"""
_ABBREVIATED = {
    short: full.replace("-", " ").lower()
    for short, full in zip(_STATE_NAMES.split()[::2], _STATE_NAMES.split()[1::2], strict=True)
}


def split_items(text: str) -> list[str]:
    """By lines, semicolons, "and" and commas, but not at the commas of 1,231,000."""
    text = _unwrapped(text)
    items = [_item(piece.strip()) for piece in _parted(text)]
    return [item for item in items if item]


def _parted(text: str) -> list[str]:
    if _MARK.search(text) or text.count(",") > text.count(", "):
        return _PARTING.split(text)
    return text.split(", ")


def _item(piece: str) -> str:
    if piece[:1] in _MAY_LEAD:
        piece = _BULLET.sub("", _AND.sub("", piece))
    return piece.strip(" \t\"'.,")


def is_clearly_series(text: str) -> bool:
    """As a gold of no declared type: written as a JSON or Python list."""
    return text.startswith("[") and text.endswith("]") and ("," in text or '"' in text or "'" in text)


def equal_lists(answer: str, gold: str) -> bool:
    wanted = split_items(gold)
    return bool(wanted) and any(
        len(items) == len(wanted) and all(map(equal_items, items, wanted)) for items in _item_lists(answer)
    )


def equal_sets(answer: str, gold: str) -> bool:
    wanted = split_items(gold)
    return bool(wanted) and any(_pair_up(items, wanted) for items in _item_lists(answer))


def _item_lists(answer: str) -> list[list[str]]:
    said = without_lead_in(answer)
    texts = dict.fromkeys((answer, _BETWEEN.sub("", said)))
    ends = range_ends(said)
    if ends is not None:
        return [ends]
    return [items for items in map(split_items, texts) if len(items) <= MAX_ITEMS]


def _pair_up(items: list[str], wanted: list[str]) -> bool:
    """Each item meets one that is wanted, and none is left; saying one twice changes nothing."""
    if set(items) == set(wanted):
        return True
    said, asked = {_name(item) for item in items}, {_name(item) for item in wanted}
    if said == asked:
        return bool(items)
    more = [item for item in items if _name(item) not in asked]
    missing = [other for other in wanted if _name(other) not in said]
    return all(any(equal_items(item, other) for other in wanted) for item in more) and all(
        any(equal_items(item, other) for item in items) for other in missing
    )


def equal_items(item: str, gold: str) -> bool:
    if item == gold:
        return True
    gold_number = read_number(gold)
    if gold_number is not None:
        number = read_number(item)
        return number is not None and equal(number, gold_number)
    gold_range = read_range(gold)
    if gold_range is not None:
        ends = read_range(item)
        return ends is not None and equal_ranges(ends, gold_range)
    return _name(item) == _name(gold) != ""


def _name(item: str) -> str:
    return _ABBREVIATED.get(item.strip("."), "") or fold(item)


def _unwrapped(text: str) -> str:
    text = text.strip().rstrip(".").replace("\\{", "{").replace("\\}", "}")
    if text[:1] in _BRACKETS and text.endswith(_BRACKETS[text[0]]):
        return text[1:-1]
    return text
