"""A small run, made here: three problems with a picture each, one without, and what goes with them."""

import hashlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import PIL.Image
import polars as pl
from msgspec import Struct

from ovlt_data.curate import curate
from ovlt_data.prompts import Prompt
from ovlt_data.publish.build import build_version
from ovlt_data.publish.place import Version
from ovlt_data.publish.provenance import Provenance
from ovlt_data.recipe import Recipe
from ovlt_data.tables import CAPTIONS, PROBLEMS, SAMPLES, Curated

COLOURS = {"p1": "red", "p2": "green", "p3": "blue"}
TEXT_PROBLEM = "p4"


class Run(Struct):
    folder: Path
    recipe: Recipe
    problems: pl.DataFrame
    captions: pl.DataFrame
    samples: pl.DataFrame
    provenance: Provenance

    def curate(self) -> Curated:
        return curate(self.problems, self.samples, self.recipe.curate, kind=self.recipe.build.kind)

    def build(self, curated: Curated | None = None) -> Version:
        return build_version(
            self.folder,
            recipe=self.recipe,
            problems=self.problems,
            captions=self.captions,
            samples=self.samples,
            curated=curated or self.curate(),
            provenance=self.provenance,
        )


def make_run(
    folder: Path, *, kind: str = "sft", steps: list[dict[str, object]] | None = None, answer: str = "gold"
) -> Run:
    return Run(
        folder=folder,
        recipe=make_recipe(kind=kind, steps=steps or [], answer=answer),
        problems=pl.DataFrame([make_problem(name, folder) for name in [*COLOURS, TEXT_PROBLEM]], schema=PROBLEMS),
        captions=pl.DataFrame(
            [
                {"problem_id": name, "text": f"A {colour} square.", "response_key": f"c{name}"}
                for name, colour in COLOURS.items()
            ],
            schema=CAPTIONS,
        ).with_columns(prompt=pl.lit("Describe it.")),
        samples=pl.DataFrame(make_samples(), schema=SAMPLES).with_columns(prompt=pl.lit("Given the caption, which?")),
        provenance=make_provenance(),
    )


def make_recipe(*, kind: str, steps: list[dict[str, object]], answer: str) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "small",
            "models": {"reasoner": {"endpoint": "http://localhost:1/v1", "model": "r", "revision": "1"}},
            "problems": {"sources": [{"source": "shapes", "count": 4}]},
            "reason": {"model": "reasoner"},
            "curate": steps,
            "build": {"kind": kind, "answer": answer},
        }
    )


def make_problem(name: str, folder: Path) -> Mapping[str, object]:
    choices = list(COLOURS.values())
    facts = {"id": name, "source": "shapes", "origin": f"row {name}", "question": "Which colour?", "choices": choices}
    facts |= {
        "answer": "ABC"[choices.index(COLOURS.get(name, "red"))],
        "answer_type": "choice",
        "unit": "",
        "answers": [],
    }
    if name == TEXT_PROBLEM:
        return facts | {"image_paths": [], "image_sha256": []}
    path = folder / "pictures" / f"{name}.PNG"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(draw(COLOURS[name]))
    return facts | {"image_paths": [str(path)], "image_sha256": [hashlib.sha256(path.read_bytes()).hexdigest()]}


def draw(colour: str) -> bytes:
    file = BytesIO()
    PIL.Image.new("RGB", (56, 56), colour).save(file, "PNG")
    return file.getvalue()


def make_samples() -> Sequence[Mapping[str, object]]:
    """Of each problem: one that is right with a tag, one that is right with a box, one that is wrong."""
    return [
        {
            "problem_id": name,
            "source": "shapes",
            "slot": slot,
            "reasoning": f"It looks {'very ' * slot}clear.",
            "content": content,
        }
        | {"reasoning_origin": "field", "finish_reason": "stop", "response_key": f"{name}{slot}"}
        | {
            "status": "wrong" if slot == 2 else "correct",
            "reason": "differs" if slot == 2 else "",
            "extracted": "the one",
        }
        for name in [*COLOURS, TEXT_PROBLEM]
        for slot, content in enumerate(["So.\n<answer>the one</answer>", "So \\boxed{A}.", "<answer>Z</answer>"])
    ]


def make_provenance() -> Provenance:
    def prompt(name: str, text: str) -> Prompt:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return Prompt(name=name, path=name, text=text, sha256=sha256, variables=frozenset())

    return Provenance(
        models={"caption": "captioner@1", "reason": "reasoner@1"},
        prompts={
            "caption": prompt("caption", "Describe it."),
            "train": prompt("student", "{{ question }}{% for choice in choices %} ({{ choice }}){% endfor %}"),
        },
        grader_version="3",
        licences={"shapes": "Apache-2.0"},
        datasets=["owner/name@0123abc"],
    )
