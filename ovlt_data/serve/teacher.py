"""What the tiny model is taught to say of a drawn scene: a true caption, and a true chain of reasoning with its answer.

A chain quotes and looks up, in the caption's own words, because that is what a small model learns soonest; it counts
along a list. Openings vary, some chains quote the whole list first, and about one in three goes on doubting after its
conclusion, as real reasoning models do.
"""

from collections.abc import Callable
from random import Random

from ovlt_data.sources.shapes import Scene, Shape, Task, count_colour

NUMBERS = ("no", "one", "two", "three", "four")
SURVEYS, DOUBTS = 0.3, 1 / 3

OPENINGS = (
    "Let me go through the description step by step",
    "I read the description with the question in mind",
    "First I look at what is there, one shape at a time, and then I answer",
)

Thought = tuple[list[str], str]
"""The steps, and the conclusion, without full stops."""


def caption(scene: Scene) -> str:
    closing = f"{NUMBERS[len(scene)]} {_shapes(len(scene))} in all"
    return _sentences(*map(_sentence, scene), closing.capitalize())


def reply(task: Task, random: Random) -> str:
    """A whole reply: the thought, a solution in one line, the answer."""
    steps, conclusion = THOUGHTS[task.template](task)
    if task.choices:
        conclusion += f", which is choice ({task.answer})"
    thought = _sentences(
        random.choice(OPENINGS), *_survey(task, random), *steps, f"So {conclusion}", *_doubt(task, random)
    )
    solution = _sentences(conclusion[0].upper() + conclusion[1:])
    return f"<think>\n{thought}\n</think>\n{solution}\n<answer>{task.answer}</answer>"


def _survey(task: Task, random: Random) -> list[str]:
    """Counting goes along the whole list anyway."""
    if task.kind in ("count", "comparison") or random.random() > SURVEYS:
        return []
    return list(map(_sentence, task.scene))


def _doubt(task: Task, random: Random) -> list[str]:
    if random.random() > DOUBTS:
        return []
    seen = f"{NUMBERS[len(task.scene)]} {_shapes(len(task.scene))}"
    doubts = (
        f"Wait, let me check that once more. The description names {seen} and I looked at all of them",
        f"But wait, did I miss a shape? No, there are no more than {seen}, so it stands",
        "Wait, could the question mean something else? I don't think so, the answer stays the same",
    )
    return [random.choice(doubts)]


def _colour_at(task: Task) -> Thought:
    found = _at(task.scene, task.asked.about[0])
    return [_subject(f"the {found.place}"), _sentence(found)], f"its colour is {found.colour}"


def _form_at(task: Task) -> Thought:
    found = _at(task.scene, task.asked.about[0])
    return [_subject(f"the {found.place}"), _sentence(found)], f"it is a {found.form}"


def _colour_of(task: Task) -> Thought:
    found = next(shape for shape in task.scene if shape.form == task.asked.about[0])
    return [_subject(f"the {found.form}"), f"The {found.form} is a {found.name}"], f"its colour is {found.colour}"


def _form_of(task: Task) -> Thought:
    found = next(shape for shape in task.scene if shape.colour == task.asked.about[0])
    return [_subject(f"what is {found.colour}"), f"There is a {found.name}"], f"it is a {found.form}"


def _place_of(task: Task) -> Thought:
    (name,) = task.asked.about
    return [_subject(f"the {name}"), _placed(task, name)], f"it is at the {task.asked.answer}"


def _relation(task: Task) -> Thought:
    first, second, relation = task.asked.about
    places = {shape.name: shape.place for shape in task.scene}
    no = "" if task.answer == "yes" else " not"
    steps = [_subject(f"the {first} and the {second}"), _placed(task, first), _placed(task, second)]
    return steps, f"the {places[first]} is{no} {relation} the {places[second]}"


def _count_all(task: Task) -> Thought:
    steps = [f"{_sentence(shape)}, so {number}" for number, shape in enumerate(task.scene, 1)]
    return steps, f"the number of shapes is {len(task.scene)}"


def _count_colour(task: Task) -> Thought:
    (colour,) = task.asked.about
    return _tally(task.scene), f"the number of {colour} shapes is {count_colour(task.scene, colour)}"


def _more(task: Task) -> Thought:
    first, second = task.asked.about
    no = "" if task.answer == "yes" else " not"
    return _tally(task.scene), f"{_both(task)} there are{no} more {first} shapes than {second} shapes"


def _most(task: Task) -> Thought:
    return _tally(task.scene), f"{_both(task)} {task.asked.answer} has more shapes"


def _tally(scene: Scene) -> list[str]:
    """Each shape with its number among those of its colour."""
    numbers = [count_colour(scene[:end], shape.colour) for end, shape in enumerate(scene, 1)]
    return [f"{_sentence(shape)}, {shape.colour} {number}" for shape, number in zip(scene, numbers, strict=True)]


def _both(task: Task) -> str:
    first, second = task.asked.about
    return f"with {first} {count_colour(task.scene, first)} and {second} {count_colour(task.scene, second)}"


def _at(scene: Scene, place: str) -> Shape:
    return next(shape for shape in scene if shape.place == place)


def _placed(task: Task, name: str) -> str:
    place = next(shape.place for shape in task.scene if shape.name == name)
    return f"The {name} is at the {place}"


def _subject(words: str) -> str:
    return f"The question is about {words}"


def _sentence(shape: Shape) -> str:
    return f"At the {shape.place} is a {shape.name}"


def _shapes(number: int) -> str:
    return "shape" if number == 1 else "shapes"


def _sentences(*parts: str) -> str:
    return " ".join(f"{part}." for part in parts)


THOUGHTS: dict[str, Callable[[Task], Thought]] = {
    "colour_at": _colour_at,
    "colour_of": _colour_of,
    "form_at": _form_at,
    "form_of": _form_of,
    "count_all": _count_all,
    "count_colour": _count_colour,
    "more": _more,
    "most": _most,
    "place_of": _place_of,
    "relation": _relation,
}
