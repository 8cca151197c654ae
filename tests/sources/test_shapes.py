"""Drawn problems: right by recomputation from the picture itself, balanced, and the same wherever they are drawn."""

import io
import re
from collections import Counter
from itertools import islice

import pytest
from PIL import Image

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import shapes
from ovlt_data.sources.draft import Draft
from ovlt_data.sources.shapes import COLOURS, PLACES, TEMPLATES, draw_problems, draw_task, draw_tasks

MANY = 600
Seen = dict[str, tuple[str, str]]
"""Colour and form by place, as found in a picture."""


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return list(draw_problems(count=MANY, seed=5))


def test_golds_are_right_by_looking_at_the_pictures(drafts: list[Draft]) -> None:
    for draft in drafts[:120]:
        expected = _answer(draft.question, _look(draft))
        gold = dict(zip("ABC", draft.choices, strict=False)).get(str(draft.answer), draft.answer)
        assert gold == expected, (draft.origin, draft.question)


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_answer_of_a_template_is_equally_frequent(template: str) -> None:
    size = TEMPLATES[template][2]
    answers = [task.asked.options.index(task.asked.answer) for task in _tasks(template)]
    assert set(Counter(answers).values()) == {len(answers) // size}


@pytest.mark.parametrize("template", ["form_at", "most"])
def test_letters_are_near_chance(template: str) -> None:
    letters = Counter(task.answer for task in _tasks(template))
    assert max(letters.values()) < 0.45 * letters.total()


def test_yes_and_no_are_even(drafts: list[Draft]) -> None:
    answers = Counter(draft.answer for draft in drafts if draft.answer_type == "yes_no")
    assert answers == {"yes": 60, "no": 60}


def test_kinds_and_answer_types(drafts: list[Draft]) -> None:
    kinds = Counter(task.kind for task in islice(draw_tasks(5), MANY))
    assert set(kinds.values()) == {MANY // 5}
    assert {draft.answer_type for draft in drafts} == {"text", "choice", "integer", "yes_no"}
    assert all(bool(draft.choices) == (draft.answer_type == "choice") for draft in drafts)


def test_a_longer_source_begins_with_the_shorter(drafts: list[Draft]) -> None:
    assert list(draw_problems(count=70, seed=5)) == drafts[:70]


def test_another_seed_draws_other_problems(drafts: list[Draft]) -> None:
    pictures = {draft.images[0] for draft in drafts}
    assert not any(draft.images[0] in pictures for draft in draw_problems(count=100, seed=6))


def test_reader_takes_count_and_seed_and_has_defaults() -> None:
    given = list(shapes.read(SourceSpec(source="shapes", count=3, seed=9)))
    assert given == list(draw_problems(count=3, seed=9))
    assert list(shapes.read(SourceSpec(source="shapes"))) == list(draw_problems(count=48, seed=0))


def test_config_names_the_questions_to_draw(drafts: list[Draft]) -> None:
    named = [draft for draft in drafts if draft.categories[0] in ("question: form_of", "question: most")]
    assert list(shapes.read(SourceSpec(source="shapes", count=20, seed=5, config="most, form_of"))) == named[:20]


def test_unknown_questions_are_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="config names colour; expected of colour_at, form_at"):
        shapes.read(SourceSpec(source="shapes", config="colour,most"))


def test_seeds_for_training_are_refused() -> None:
    with pytest.raises(UsageError, match="seed 1000000 is among those that models are trained on"):
        shapes.read(SourceSpec(source="shapes", seed=1_000_000))


def _tasks(template: str) -> list[shapes.Task]:
    """60 of them: whole turns of every number of answers."""
    first = list(TEMPLATES).index(template)
    return [draw_task(3, first + len(TEMPLATES) * turn) for turn in range(60)]


def _look(draft: Draft) -> Seen:
    """Read each quarter of the picture: the colour that is in it, and how it fills its box."""
    (data,) = draft.images
    assert isinstance(data, bytes)
    picture = Image.open(io.BytesIO(data))
    seen: Seen = {}
    for index, place in enumerate(PLACES):
        top, left = (56 * half + 4 for half in divmod(index, 2))
        pixels = picture.crop((left, top, left + 49, top + 49)).tobytes()
        for colour, rgb in COLOURS.items():
            hits = [pixels[at : at + 3] == bytes(rgb) for at in range(0, len(pixels), 3)]
            if any(hits):
                seen[place] = (colour, _form([sum(hits[at : at + 49]) for at in range(0, len(hits), 49)]))
    return seen


def _form(rows: list[int]) -> str:
    """By the share of its box that is filled: 1, pi/4 or 1/2."""
    filled = [count for count in rows if count]
    share = sum(filled) / (max(filled) * len(filled))
    return "square" if share > 0.95 else "circle" if share > 0.65 else "triangle"


def _answer(question: str, seen: Seen) -> str:
    colours, forms = [colour for colour, _ in seen.values()], [form for _, form in seen.values()]
    where = {f"{colour} {form}": place for place, (colour, form) in seen.items()}
    match question.rstrip("?").split():
        case ["What", "colour", "is", "the", "shape", "at", "the", *place]:
            return seen[" ".join(place)][0]
        case ["Which", "shape", "is", "at", "the", *place]:
            return seen[" ".join(place)][1]
        case ["What", "colour", "is", "the", form]:
            return colours[forms.index(form)]
        case ["What", "shape", "is", colour]:
            return forms[colours.index(colour)]
        case ["How", "many", "shapes", *_]:
            return str(len(seen))
        case ["How", "many", colour, *_]:
            return str(colours.count(colour))
        case ["Where", "is", "the", *name]:
            return where[" ".join(name)]
        case ["Are", "there", "more", first, "shapes", "than", second, "shapes"]:
            return "yes" if colours.count(first) > colours.count(second) else "no"
        case ["Which", "colour", "has", "more", "shapes,", first, "or", second]:
            more = colours.count(first) - colours.count(second)
            return "neither" if not more else first if more > 0 else second
        case _:
            return _relation(question, where)


def _relation(question: str, where: dict[str, str]) -> str:
    found = re.fullmatch(r"Is the (.+) (to the left of|above) the (.+)\?", question)
    assert found, question
    first, relation, second = found.groups()
    before, after = ("left", "right") if relation == "to the left of" else ("top", "bottom")
    return "yes" if before in where[first] and after in where[second] else "no"
