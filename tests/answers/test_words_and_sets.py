"""Yes and no, words, lists and sets, times and ranges."""

import pytest

from ovlt_data.answers import grade
from ovlt_data.types import AnswerType


def _wrong_ones(gold: str, said: list[str], kind: AnswerType) -> list[str]:
    return [text for text in said if grade(text, gold, answer_type=kind).status != "correct"]


YES_NO: list[tuple[str, list[str], list[str]]] = [
    (
        "Yes",
        ["yes", "YES.", "Yes, the bar is taller.", "True", r"\text{yes}", '"Yes"', "It is true", "The answer is yes"],
        [
            "no",
            "no one",
            "Yes or no",
            "yes/no",
            "No, yes would be odd",
            "yesterday",
            "eyes",
            "not true",
            "perhaps",
            "None",
            "",
        ],
    ),
    ("No", ["no", "No.", "No, there are none", "false"], ["yes", "on", "none", "know", "north", "not", "o"]),
]

TEXT: list[tuple[str, list[str], list[str]]] = [
    ("no", ["no", "No."], ["on", "know"]),
    ("Friday", ["friday", "Friday.", "on Friday", "It is Friday"], ["Fri", "day", "Friday or Monday", "Thursday"]),
    ("keyboard", ["Keyboard", "a keyboard"], ["key", "board", "keyboards and mice", "dryboake"]),
    ("the left image", ["left image", "The Left Image"], ["the image", "left", "the right image"]),
    ("4 9", ["4 9"], ["9 4", "49", "36", "13"]),
    ("6 feet", ["6 feet"], ["6 inches"]),
    ("light-green", ["light green", "lightgreen"], ["green", "light"]),
    ("X-ray", ["x ray", "xray"], ["ray"]),
    ("U.K.", ["UK", "u.k."], ["US"]),
]

AUTO: list[tuple[str, list[str], list[str]]] = [
    ("sphere", ["spheres", "ball", "a sphere", "The shape is a sphere."], ["cube", "hemisphere", "ball or cube"]),
    ("gray", ["grey", "It is gray"], ["gay", "green", "light gray"]),
    ("metal", ["metallic", "It is made of metal"], ["petal", "metal or rubber"]),
    ("small", ["tiny", "Small"], ["big", "all", "smallish"]),
    ("suv", ["SUV", "an SUV", "SUVs"], ["uvs", "us", "van"]),
    ("mountain bike", ["Mountain bikes", "the mountain bike"], ["bike", "road bike"]),
    ("2", ["two", "There are 2 cars.", "2 cars", "There are two."], ["3", "12", "2 or 3", "2 cars and 1 bus", "none"]),
    ("0", ["zero", "none", "no cars", "There are no cars"], ["10", "no one knows", "1"]),
    ("9:45 A.M.", ["9:45 AM", "9:45 a.m.", "09:45 am", "9.45 AM"], ["9:45", "9:45 PM", "21:45", "9:54 AM", "9"]),
    ("10:05 P.M.", ["22:05", "10:05 in the evening", "The time is 10:05 PM."], ["10:05", "10:05 AM", "2:05"]),
    ("12:00 P.M.", ["noon", "12 PM"], ["midnight", "00:00"]),
    ("3%-8%", ["3% - 8%", "3%–8%", "3-8%", "3% to 8%", "from 3% to 8%"], ["8%-3%", "8%", "-5%", "3%-9%"]),
    ("$5", ["5 dollars", "$5.00", "5"], ["€5", "5 cents", "$50"]),
    ("2024-10-03", ["2024-10-03"], ["2024-03-10", "2011"]),
    ("(1, 4)", ["(1,4)", "(1.0, 4)", r"\left(1, 4\right)"], ["[1,4]", "(4, 1)", "1, 4", "(1,4,0)", "5"]),
]

LISTS: list[tuple[str, list[str], list[str]]] = [
    (
        "[1990, 1995]",
        ["1990, 1995", "1990 and 1995", "between 1990 and 1995", "[1990,1995]", "1990-1995"],
        ["1995, 1990", "1990", "1990, 1995, 2000", "[1990, 1996]"],
    ),
]

SETS: list[tuple[str, list[str], list[str]]] = [
    (
        '["Ohio", "West Virginia", "Utah"]',
        [
            "Utah, Ohio, West Virginia",
            "Ohio; Utah; West Virginia",
            "Ohio, Utah, and West Virginia.",
            "- Utah\n- Ohio\n- West Virginia",
            "1. Utah\n2. Ohio\n3. West Virginia",
            "['Ohio', 'Utah', 'West Virginia']",
            "OH, UT, WV",
            "The states are Ohio, Utah and West Virginia.",
        ],
        ["Ohio, Utah", "Ohio, Utah, Virginia", "Ohio, Utah, West Virginia, Iowa", "Ohio", "Ohio, Utah or Virginia"],
    ),
    ('["Kansas"]', ["kansas.", '["Kansas"]', "KS"], ["Arkansas", "Kansas, Ohio", "AR"]),
    ("1,200-3,400", ["1200-3400", "1,200 to 3,400"], ["3,400-1,200", "1,200-3,401", "-2200", "1,200"]),
    ("No", ["no"], ["yes"]),
]


@pytest.mark.parametrize(
    ("kind", "table"),
    [("yes_no", YES_NO), ("text", TEXT), ("auto", AUTO), ("list", LISTS), ("set", SETS)],
    ids=["yes_no", "text", "auto", "list", "set"],
)
def test_each_gold_takes_its_own_wordings_and_no_other(
    kind: AnswerType, table: list[tuple[str, list[str], list[str]]]
) -> None:
    for gold, right, wrong in table:
        assert _wrong_ones(gold, right, kind) == [], gold
        assert _wrong_ones(gold, wrong, kind) == wrong, gold


def test_a_declared_time_or_range_works_as_the_recognised_one_does() -> None:
    assert _wrong_ones("9:45 A.M.", ["9:45 AM"], "time") == []
    assert _wrong_ones("3%-8%", ["3% to 8%"], "range") == []
