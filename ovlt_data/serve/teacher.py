"""What the tiny model is taught to say of a drawn scene: a true caption, and a true chain of reasoning with its answer.

A chain goes through the caption sentence by sentence, in the caption's own words, and remarks on each what it means
for the question: a small model can copy and compare, but not look ahead. Openings vary, and about one chain in three
goes on doubting after its conclusion, as real reasoning models do.
"""

from collections.abc import Callable, Iterator
from random import Random

from ovlt_data.sources.shapes import Scene, Shape, Task, count_colour

NUMBERS = ("no", "one", "two", "three", "four")
DOUBTS = 1 / 3

Thought = tuple[Iterator[str], str]
"""A remark on each shape, and the conclusion, without full stops."""


def caption(scene: Scene) -> str:
    closing = f"{NUMBERS[len(scene)]} {_shapes(len(scene))} in all"
    return _sentences(*(_sentence(shape) for shape in scene), closing.capitalize())


def reply(task: Task, random: Random) -> str:
    """A whole reply: the thought, a solution in one line, the answer."""
    remarks, conclusion = THOUGHTS[task.template](task)
    if task.choices:
        conclusion += f", which is choice ({task.answer})"
    scan = [f"{_sentence(shape)}, {remark}" for shape, remark in zip(task.scene, remarks, strict=True)]
    thought = _sentences(random.choice(OPENINGS), *scan, f"So {conclusion}", *_doubt(task, random))
    solution = _sentences(conclusion[0].upper() + conclusion[1:])
    return f"<think>\n{thought}\n</think>\n{solution}\n<answer>{task.answer}</answer>"


OPENINGS = (
    "Let me go through the description step by step",
    "I read the description with the question in mind",
    "First I look at what is there, one shape at a time, and then I answer",
)


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


def _find(task: Task, wanted: Callable[[Shape], bool]) -> tuple[Iterator[str], Shape]:
    """Remarks for a question about the one shape that is wanted."""
    remarks = ("this is it" if wanted(shape) else "not it" for shape in task.scene)
    return remarks, next(filter(wanted, task.scene))


def _colour_at(task: Task) -> Thought:
    remarks, found = _find(task, lambda shape: shape.place == task.asked.about[0])
    return remarks, f"its colour is {found.colour}"


def _form_at(task: Task) -> Thought:
    remarks, found = _find(task, lambda shape: shape.place == task.asked.about[0])
    return remarks, f"it is a {found.form}"


def _colour_of(task: Task) -> Thought:
    remarks, found = _find(task, lambda shape: shape.form == task.asked.about[0])
    return remarks, f"its colour is {found.colour}"


def _form_of(task: Task) -> Thought:
    remarks, found = _find(task, lambda shape: shape.colour == task.asked.about[0])
    return remarks, f"it is a {found.form}"


def _place_of(task: Task) -> Thought:
    remarks, found = _find(task, lambda shape: shape.name == task.asked.about[0])
    return remarks, f"it is at the {found.place}"


def _count_all(task: Task) -> Thought:
    remarks = (f"so {number}" for number in range(1, len(task.scene) + 1))
    return remarks, f"the number of shapes is {len(task.scene)}"


def _count_colour(task: Task) -> Thought:
    (colour,) = task.asked.about
    remarks = (f"so {number} {colour}" for number in _tally(task.scene, colour))
    return remarks, f"the number of {colour} shapes is {count_colour(task.scene, colour)}"


def _more(task: Task) -> Thought:
    first, second = task.asked.about
    no = "" if task.answer == "yes" else " not"
    return _two_tallies(task), f"there are{no} more {first} shapes than {second} shapes"


def _most(task: Task) -> Thought:
    return _two_tallies(task), f"{task.asked.answer} has more shapes"


def _relation(task: Task) -> Thought:
    first, second, relation = task.asked.about
    names = {first: "the first one", second: "the second one"}
    places = {shape.name: shape.place for shape in task.scene}
    no = "" if task.answer == "yes" else " not"
    remarks = (names.get(shape.name, "not asked for") for shape in task.scene)
    return remarks, f"the {places[first]} is{no} {relation} the {places[second]}"


def _two_tallies(task: Task) -> Iterator[str]:
    first, second = task.asked.about
    both = zip(_tally(task.scene, first), _tally(task.scene, second), strict=True)
    return (f"so {one} {first} and {other} {second}" for one, other in both)


def _tally(scene: Scene, colour: str) -> Iterator[int]:
    """How many there are up to each shape."""
    return (count_colour(scene[:end], colour) for end in range(1, len(scene) + 1))


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
