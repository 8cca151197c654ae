"""Scenes drawn here with Pillow, with questions whose answers are exact: for the quickstart, tests and the tiny model.

A scene is a framed card with one to four shapes, each in a corner of its own. The answer comes first and scenes are
drawn until one has it, so each answer of a question is equally frequent and a constant guess scores chance.
Problem i of a seed depends on nothing else: a longer source begins with the shorter one.
"""

import io
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Literal, TypeVar

from msgspec import Struct
from PIL import Image, ImageDraw

from ovlt_data.errors import UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft
from ovlt_data.sources.source import Source
from ovlt_data.types import AnswerType

COUNT = 48
TRAINING_SEEDS = range(1_000_000, 2_000_000)
"""Kept for training models: a recipe that drew from them would measure memory."""

COLOURS = {
    "red": (214, 40, 40),
    "green": (40, 160, 70),
    "blue": (40, 80, 220),
    "yellow": (240, 200, 40),
    "purple": (145, 60, 185),
}
FORMS = ("circle", "square", "triangle")
PLACES = ("top left", "top right", "bottom left", "bottom right")

SIZE = 112
_CELL = SIZE // 2
_PAPER, _FRAME = (248, 247, 242), (120, 120, 120)

T = TypeVar("T")
Kind = Literal["colour", "shape", "count", "comparison", "position"]


class Shape(Struct, frozen=True):
    colour: str
    form: str
    place: str
    box: tuple[int, int, int, int]
    """In pixels: left, top, right, bottom."""

    @property
    def name(self) -> str:
        return f"{self.colour} {self.form}"


Scene = tuple[Shape, ...]
"""Shapes in reading order."""


class Asked(Struct, frozen=True):
    """A question about one scene, with all that could be answered and what is the answer here."""

    question: str
    options: tuple[str, ...]
    """In the template's own order, by which answers take turns."""
    answer: str
    about: tuple[str, ...] = ()
    """The words that the question was filled with."""


class Task(Struct, frozen=True):
    """A scene, and a question that has exactly one answer in it."""

    template: str
    kind: Kind
    answer_type: AnswerType
    scene: Scene
    asked: Asked
    choices: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The gold: of a choice question its letter."""
        if self.answer_type != "choice":
            return self.asked.answer
        return "ABCD"[self.choices.index(self.asked.answer)]


def read(spec: SourceSpec) -> Iterator[Draft]:
    seed = spec.seed or 0
    if seed in TRAINING_SEEDS:
        raise UsageError(
            f"source {spec.source}: seed {seed} is among those that models are trained on "
            f"({TRAINING_SEEDS.start} to {TRAINING_SEEDS.stop - 1}); take another"
        )
    count = COUNT if spec.count is None else spec.count
    return draw_problems(count=count, seed=seed, templates=_read_templates(spec))


def draw_problems(*, count: int, seed: int, templates: Collection[str] | None = None) -> Iterator[Draft]:
    """The first `count` problems of a seed, of these templates alone; they take turns."""
    wanted = TEMPLATES if templates is None else templates
    drafts = (
        _draft(task, origin=f"{seed}/{index}") for index, task in enumerate(draw_tasks(seed)) if task.template in wanted
    )
    return islice(drafts, count)


def draw_tasks(seed: int) -> Iterator[Task]:
    index = 0
    while True:
        yield draw_task(seed, index)
        index += 1


def draw_task(seed: int, index: int) -> Task:
    """The task at this place of a seed's endless list."""
    turn, position = divmod(index, len(TEMPLATES))
    name, (kind, answer_type, size, ask) = list(TEMPLATES.items())[position]
    wanted = _shuffled(range(size), Random(f"{seed} {name} {turn // size}"))[turn % size]
    random = Random(f"{seed} {index}")
    while True:
        scene = draw_scene(random)
        asked = ask(scene, random)
        if asked is not None and asked.options[wanted] == asked.answer:
            choices = _shuffled(asked.options, random) if answer_type == "choice" else ()
            return Task(name, kind, answer_type, scene, asked, tuple(choices))


def draw_scene(random: Random) -> Scene:
    places = random.sample(PLACES, random.randint(1, len(PLACES)))
    return tuple(_place(random, place) for place in sorted(places, key=PLACES.index))


def render(scene: Scene) -> bytes:
    """The scene as a PNG file."""
    picture = Image.new("RGB", (SIZE, SIZE), _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((1, 1, SIZE - 2, SIZE - 2), outline=_FRAME, width=2)
    for shape in scene:
        _paint(pen, shape)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _read_templates(spec: SourceSpec) -> list[str]:
    """Those that `config` names, between commas; without it all."""
    named = spec.config.replace(" ", "").split(",") if spec.config else list(TEMPLATES)
    unknown = sorted(set(named) - set(TEMPLATES))
    if unknown:
        raise UsageError(f"source {spec.source}: config names {', '.join(unknown)}; expected of {', '.join(TEMPLATES)}")
    return named


def _draft(task: Task, *, origin: str) -> Draft:
    return Draft(
        origin=f"{origin}/{task.template}",
        question=task.asked.question,
        answer=task.answer,
        answer_type=task.answer_type,
        choices=task.choices,
        images=(render(task.scene),),
        categories=(f"question: {task.template}",),
    )


def _place(random: Random, place: str) -> Shape:
    row, column = divmod(PLACES.index(place), 2)
    radius = random.randint(14, 19)
    x = column * _CELL + _CELL // 2 + random.randint(-5, 5)
    y = row * _CELL + _CELL // 2 + random.randint(-5, 5)
    box = (x - radius, y - radius, x + radius, y + radius)
    return Shape(random.choice(list(COLOURS)), random.choice(FORMS), place, box)


def _paint(pen: ImageDraw.ImageDraw, shape: Shape) -> None:
    left, top, right, bottom = shape.box
    fill = COLOURS[shape.colour]
    if shape.form == "circle":
        pen.ellipse(shape.box, fill=fill)
    elif shape.form == "square":
        pen.rectangle(shape.box, fill=fill)
    else:
        pen.polygon([((left + right) // 2, top), (left, bottom), (right, bottom)], fill=fill)


# The questions. Each function asks one of a scene, or says None when the scene is not fit for it.


def _colour_at(scene: Scene, random: Random) -> Asked:
    shape = random.choice(scene)
    return Asked(f"What colour is the shape at the {shape.place}?", tuple(COLOURS), shape.colour, (shape.place,))


def _colour_of(scene: Scene, random: Random) -> Asked | None:
    shape = random.choice(scene)
    if sum(other.form == shape.form for other in scene) > 1:
        return None
    return Asked(f"What colour is the {shape.form}?", tuple(COLOURS), shape.colour, (shape.form,))


def _form_at(scene: Scene, random: Random) -> Asked:
    shape = random.choice(scene)
    return Asked(f"Which shape is at the {shape.place}?", FORMS, shape.form, (shape.place,))


def _form_of(scene: Scene, random: Random) -> Asked | None:
    shape = random.choice(scene)
    if sum(other.colour == shape.colour for other in scene) > 1:
        return None
    return Asked(f"What shape is {shape.colour}?", FORMS, shape.form, (shape.colour,))


def _count_all(scene: Scene, _: Random) -> Asked:
    return Asked("How many shapes are there?", ("1", "2", "3", "4"), str(len(scene)))


def _count_colour(scene: Scene, random: Random) -> Asked:
    colour = random.choice(list(COLOURS))
    options = ("0", "1", "2", "3")
    return Asked(f"How many {colour} shapes are there?", options, str(count_colour(scene, colour)), (colour,))


def _more(scene: Scene, random: Random) -> Asked | None:
    pair = _two_colours(scene, random)
    if pair is None:
        return None
    first, second = pair
    answer = "yes" if count_colour(scene, first) > count_colour(scene, second) else "no"
    return Asked(f"Are there more {first} shapes than {second} shapes?", ("yes", "no"), answer, pair)


def _most(scene: Scene, random: Random) -> Asked | None:
    pair = _two_colours(scene, random)
    if pair is None:
        return None
    first, second = count_colour(scene, pair[0]), count_colour(scene, pair[1])
    answer = "neither" if first == second else pair[first < second]
    question = f"Which colour has more shapes, {pair[0]} or {pair[1]}?"
    return Asked(question, (*pair, "neither"), answer, pair)


def _place_of(scene: Scene, random: Random) -> Asked | None:
    shape = random.choice(scene)
    if sum(other.name == shape.name for other in scene) > 1:
        return None
    return Asked(f"Where is the {shape.name}?", PLACES, shape.place, (shape.name,))


def _relation(scene: Scene, random: Random) -> Asked | None:
    relation, sides = random.choice((("to the left of", ("left", "right")), ("above", ("top", "bottom"))))
    if len({shape.name for shape in scene}) < max(2, len(scene)):
        return None
    first, second = random.sample(scene, 2)
    if side_of(first, sides) == side_of(second, sides):
        return None
    answer = "yes" if side_of(first, sides) == sides[0] else "no"
    about = (first.name, second.name, relation)
    return Asked(f"Is the {first.name} {relation} the {second.name}?", ("yes", "no"), answer, about)


def count_colour(scene: Scene, colour: str) -> int:
    return sum(shape.colour == colour for shape in scene)


def side_of(shape: Shape, sides: tuple[str, str]) -> str:
    """The one of two sides, such as left and right, that the shape's place names."""
    return next(side for side in sides if side in shape.place)


def _two_colours(scene: Scene, random: Random) -> tuple[str, str] | None:
    colours = sorted({shape.colour for shape in scene})
    if len(colours) < 2:
        return None
    first, second = random.sample(colours, 2)
    return first, second


def _shuffled(values: Sequence[T], random: Random) -> list[T]:
    return random.sample(values, len(values))


Ask = Callable[[Scene, Random], Asked | None]

TEMPLATES: dict[str, tuple[Kind, AnswerType, int, Ask]] = {
    "colour_at": ("colour", "text", len(COLOURS), _colour_at),
    "form_at": ("shape", "choice", len(FORMS), _form_at),
    "count_all": ("count", "integer", 4, _count_all),
    "more": ("comparison", "yes_no", 2, _more),
    "place_of": ("position", "text", len(PLACES), _place_of),
    "colour_of": ("colour", "text", len(COLOURS), _colour_of),
    "form_of": ("shape", "text", len(FORMS), _form_of),
    "count_colour": ("count", "integer", 4, _count_colour),
    "most": ("comparison", "choice", 3, _most),
    "relation": ("position", "yes_no", 2, _relation),
}
"""Each template's kind, its answer's type, how many answers it has, and the function that asks."""


SOURCE = Source(
    read=read,
    about="scenes of coloured shapes that ovlt draws, with exact answers: `count` from `seed`, on what `config` names",
    licence="CC0-1.0",
    layout="no path: drawn",
    size="as many as `count` says",
    answer_types=("yes_no", "choice", "integer", "text"),
)
