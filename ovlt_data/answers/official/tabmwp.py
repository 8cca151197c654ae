"""TabMWP (lupantech/PromptPG, run_gpt3: extract_prediction and normalize_answer).

One departure: a letter beyond the choices is wrong here and a random choice there.
"""

import re
from string import ascii_uppercase

from ovlt_data.answers.official.scored import Scored, scored
from ovlt_data.answers.ruling import Gold

_FRACTION = re.compile(r"\$?\\frac\{([\d.,-]+)\}\{([\d.,]+)\}\$?")
_FINAL_STOP = re.compile(r"(?<![AP]\.M)\.$")
_EQUALS = re.compile(r"(?<=\d)=(?=[-$\d])")
_LETTERS = (
    re.compile(r"^\(([A-Za-z])\)$"),
    re.compile(r"^([A-Za-z])$"),
    re.compile(r"^([A-Za-z]). "),
    re.compile(r"[Th]he answer is ([A-Z])"),
    re.compile(r"^\(([A-Za-z])\) [\s\S]+$"),
    re.compile(r"[Th]he answer is \(([A-Za-z])\) [\s\S]+$"),
)
_VALUES = (
    re.compile(r"[Th]he answer is ([\s\S]+)$"),
    re.compile(r"[Th]he table shows that ([\d$.,/:]+) "),
    re.compile(r" = ([\d$.,/:]+)"),
    re.compile(r"(?<= be| is) ([-\d$.,/:]*\d+)"),
    re.compile(r"(?<= are| was) ([-\d$.,/:]*\d+)"),
    re.compile(r"(?<= were) ([-\d$.,/:]*\d+)"),
    re.compile(r" ([\d$.,/:]+ [AP]\.M\.)"),
    re.compile(r"([-\d$.,/:]*\d+)"),
)
_NUMERIC = re.compile(r"[-+]?[\d,./]+")


def score_tabmwp(reply: str, gold: Gold) -> Scored:
    said = _predicted(_prepared(reply), gold.choices)
    wanted = _gold_text(gold)
    return scored(_normal(said, gold.unit).lower() == _normal(wanted, gold.unit).lower() != "", said)


def _gold_text(gold: Gold) -> str:
    """Its golds are texts; of ours that are letters, the choice."""
    place = ascii_uppercase.find(gold.text) if len(gold.text) == 1 and gold.text not in gold.choices else -1
    return gold.choices[place] if 0 <= place < len(gold.choices) else gold.text


def _prepared(output: str) -> str:
    output = _FINAL_STOP.sub("", _FRACTION.sub(r"\1/\2", output))
    return _EQUALS.sub(" = ", output).replace("\u2212", "-")


def _predicted(output: str, choices: tuple[str, ...]) -> str:
    if choices:
        return _chosen(output, choices)
    for value in _VALUES:
        if all_found := value.findall(output):
            last = str(all_found[-1]).strip()
            return last.removesuffix(".") if ".M." not in last else last
    return output


def _chosen(output: str, choices: tuple[str, ...]) -> str:
    """The letter, else the choice that shares most words with the output, the first of equals."""
    for letter in _LETTERS:
        match = letter.search(output)
        place = ascii_uppercase.index(match[1].upper()) if match else len("ABCDEF")
        if place < len("ABCDEF"):
            return choices[place] if place < len(choices) else ""
    return max(choices, key=lambda choice: _likeness(choice, output))


def _likeness(choice: str, output: str) -> float:
    if choice == output:
        return 2.0
    if " " not in choice and " " not in output:
        return 0.0
    mine, theirs = choice.split(" "), output.split(" ")
    return len(set(mine) & set(theirs)) / max(len(mine), len(theirs))


def _normal(text: str, unit: str) -> str:
    text = re.sub(r"[,./]$", "", text.removeprefix("$"))
    if not _NUMERIC.fullmatch(text):
        return text.replace(unit, "").strip() if unit else text
    try:
        return _number(text.replace(",", ""))
    except (ValueError, ZeroDivisionError, OverflowError):  # "1.2.3", on which the original stops
        return text


def _number(text: str) -> str:
    if re.fullmatch(r"[-+]?\d+", text):
        return str(int(text))
    over, _, under = text.partition("/")
    number = float(over) / float(under.split("/")[0]) if under else float(text)
    return re.sub(r"\.0+$", "", str(round(number, 3)))
