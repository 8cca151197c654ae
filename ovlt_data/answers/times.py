"""Times of day are atoms: 7:30 PM is 7:30 p.m. is 19:30, but 7:30 alone says no half of the day."""

import re
from typing import NamedTuple

from ovlt_data.answers.phrases import denies


class Time(NamedTuple):
    minutes: int
    """Since midnight, or on the dial when the half of the day is not known."""
    seconds: int
    known_half: bool


_TIME = re.compile(
    r"(?:at )?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?)? ?(?P<half>[ap]\.? ?m\.?)?"
    r"(?: ?o'clock)?(?P<part> (?:in the (?:morning|afternoon|evening)|at night))?\.?",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\b\d{1,2}:\d{2}(?: ?[ap]\.? ?m\b\.?)?", re.IGNORECASE)
_NAMED = {"noon": Time(720, 0, True), "midnight": Time(0, 0, True), "midday": Time(720, 0, True)}


def read_time(text: str) -> Time | None:
    named = _NAMED.get(text.strip(". ").lower())
    if named is not None:
        return named
    match = _TIME.fullmatch(text)
    if match is None or not (match["minute"] or match["half"] or match["part"] or "clock" in text):
        return None
    hour, minute, second = int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return _placed(hour, minute, second, _half(match))


def only_time(text: str) -> Time | None:
    """The one time in a sentence that holds no other digit and denies or weighs nothing: "It leaves at 9:45 A.M."."""
    found = list(_WITHIN.finditer(text))
    if len(found) != 1 or denies(text) or re.search(r"\d", text[: found[0].start()] + text[found[0].end() :]):
        return None
    return read_time(found[0][0])


def is_clearly_time(text: str) -> bool:
    """As a gold of no declared type: 7.30 may be a number, 7:30 may not."""
    return (":" in text or text[-1:].isalpha() or text.endswith(".")) and read_time(text) is not None


def _half(match: re.Match[str]) -> str:
    if match["half"]:
        return match["half"][0].lower()
    if match["part"]:
        return "a" if "morning" in match["part"].lower() else "p"
    return ""


def _placed(hour: int, minute: int, second: int, half: str) -> Time | None:
    if half and not 1 <= hour <= 12:
        return None
    if half:
        return Time((hour % 12 + (12 if half == "p" else 0)) * 60 + minute, second, True)
    return Time(hour * 60 + minute, second, hour > 12 or hour == 0)
