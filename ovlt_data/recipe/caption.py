"""What a recipe says of captions: who writes them, and whether a reader of theirs may ask for better ones."""

from pydantic import Field, ValidationInfo, field_validator

from ovlt_data.recipe.section import PromptName, Section, TablePath, Word


class Refine(Section):
    """Rounds: a reader says what a caption lacks, and the captioner looks at the picture again and writes it anew."""

    model: Word
    """Who reads it, without the picture: a name under `models`, most often the reasoner's."""
    prompt: PromptName = "caption_feedback"
    """What the reader is asked, from the caption and the question."""
    rewrite: PromptName = "caption_refine"
    """What the captioner is asked then, from its caption and the reader's `feedback`."""
    rounds: int = Field(default=1, ge=1)
    """How often. A round that fails keeps the caption as it was, and is counted."""


class CaptionColumns(Section):
    """Names in a table of captions."""

    id: Word = "id"
    """The problem's id, or its row's name in the source."""
    caption: Word = "caption"
    """The caption's text."""


class CaptionStep(Section):
    """What stands for the picture before a model that can't see: written by a model, or taken from a table."""

    model: Word | None = None
    """A name under `models`."""
    prompt: PromptName = "caption"
    """What the captioner is asked; without the question, so that problems on one picture share a caption."""
    refine: Refine | None = None
    """Rounds in which captions become better; left out: none. A refined one belongs to a problem, not to a picture."""
    from_: TablePath | None = Field(default=None, alias="from")
    """Instead of a model: a table (.jsonl, .parquet, or a folder of Parquet files)."""
    columns: CaptionColumns = CaptionColumns()
    """The table's column names."""

    @field_validator("from_")
    @classmethod
    def _one_origin(cls, given: str | None, info: ValidationInfo) -> str | None:
        if "model" in info.data and (given is None) == (info.data["model"] is None):
            raise ValueError("expected exactly one of `model` and `from`")
        return given

    @field_validator("from_")
    @classmethod
    def _can_be_refined(cls, given: str | None, info: ValidationInfo) -> str | None:
        if given is not None and info.data.get("refine") is not None:
            raise ValueError("stands beside `refine`, for which a model has to write captions; expected `model`")
        return given

    @property
    def models(self) -> list[str]:
        """Who is asked, in this order."""
        named = [self.model, self.refine.model if self.refine else None]
        return [name for name in named if name is not None]
