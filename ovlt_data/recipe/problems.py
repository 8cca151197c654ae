"""What a recipe says of its problems: sources, what they share, and what they must not hold."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ovlt_data.recipe.place import is_local
from ovlt_data.recipe.section import DataPath, Section, Word


class SourceDefaults(Section):
    """What all sources share; each may say it otherwise."""

    format: Word | None = None
    """The reader (`ovlt sources` lists them); left out: the one named like the source."""
    path: DataPath | None = None
    """File or folder from the recipe's folder if it exists, else a Hub id (owner/name)."""
    config: Word | None = None
    """Subset of a Hub dataset; of `shapes`, the questions to draw, as in colour_at,form_of."""
    revision: Word | None = None
    """Commit of a Hub dataset. Digits need quotes."""
    split: Word | None = None
    """Split of a Hub dataset, or of a folder that has some."""
    streaming: bool | None = None
    """Read a Hub dataset row by row instead of downloading it. Left out: yes, except for a `sample`, which has to look
    at every row twice: streamed, the whole dataset goes over the network twice and nothing is kept."""
    sample: int | None = Field(default=None, ge=1)
    """Take so many problems, ranked by a hash: more sources or a larger number disturb few picks."""
    first: int | None = Field(default=None, ge=1)
    """Take so many problems in the file's order."""
    columns: dict[Word, Word] = {}
    """{what ovlt reads: the source's column}, where the names differ."""
    count: int | None = Field(default=None, ge=1)
    """Problems to draw (drawn sources such as `shapes`)."""
    seed: int | None = None
    """Of the drawing; left out: the recipe's."""

    @field_validator("first")
    @classmethod
    def _one_way_to_take(cls, first: int | None, info: ValidationInfo) -> int | None:
        if first is not None and info.data.get("sample") is not None:
            raise ValueError("stands beside `sample`; expected one of them")
        return first


class SourceSpec(SourceDefaults):
    """One source of problems."""

    source: Word
    """Its label in the dataset."""

    @property
    def reader(self) -> str:
        """The format that it is read as."""
        return self.format or self.source


def _spell_out_benchmark(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    if is_local(value, info):
        return {"source": Path(value).stem, "format": "table", "path": value}
    return {"source": value}


Benchmark = Annotated[SourceSpec, BeforeValidator(_spell_out_benchmark, json_schema_input_type=str | SourceSpec)]
"""A path that exists is a table or a dataset version; any other word is short for {source: mathvista}."""


class Problems(Section):
    """Where problems come from."""

    defaults: SourceDefaults = SourceDefaults()
    """What all sources share."""
    sources: list[SourceSpec] = Field(min_length=1)
    """In this order; the defaults are filled in."""
    decontaminate: list[Benchmark] = []
    """Benchmarks whose pictures are not to be trained on: sources by name, paths of dataset versions or tables, or
    sections as under `sources`. A problem on such a picture, or on a near one with the same question, is unusable
    (`contaminated`), before anything is sent. A question alone counts for nothing: templates repeat."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, data: Any) -> Any:
        match data:
            case {"defaults": {**defaults}, "sources": [*sources]}:
                filled = [{**defaults, **source} if isinstance(source, dict) else source for source in sources]
                return {**data, "sources": filled}
            case _:
                return data
