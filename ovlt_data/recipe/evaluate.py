"""What a recipe of an evaluation says: models, benchmarks, how they are asked, sampled as in the paper."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from ovlt_data import lookup
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.model import Model, Sampling
from ovlt_data.recipe.problems import SourceSpec
from ovlt_data.recipe.section import LocalPaths, PromptName, Section, Word
from ovlt_data.recipe.stop import Stop

TABLE_6 = Sampling(max_tokens=2048, temperature=0.01, top_p=0.001, top_k=1, repetition_penalty=1.0)
"""The paper's evaluation."""


class EvalModel(Model):
    """A model to be evaluated."""

    sampling: Sampling = TABLE_6
    """How its one answer is drawn; left out: the paper's Table 6."""
    prompt: PromptName | None = None
    """Asked instead of the benchmarks' own, such as `student` of a model that was trained with it."""


class BenchmarkSpec(SourceSpec):
    """A source of problems with how it asks them."""

    prompt: PromptName | None = None
    """What models are asked; left out: the benchmark's own question form, in our words."""

    @property
    def question_form(self) -> str:
        """The name of its prompt."""
        own = f"eval/{self.reader}"
        return self.prompt or (own if own in lookup.prompt_names(beside=lookup.shipped("prompts")) else "eval/question")


def _spell_out(value: object) -> object:
    return {"source": value} if isinstance(value, str) else value


class PassAt(Section):
    """Several samples of each problem, for pass@k."""

    samples: int = Field(default=8, ge=2)
    """Of each problem; k are the powers of two up to it, and itself."""
    sampling: Sampling = Sampling(max_tokens=2048, temperature=0.6, top_p=0.95)
    """How they are drawn."""

    @field_validator("sampling")
    @classmethod
    def _can_differ(cls, sampling: Sampling) -> Sampling:
        if sampling.greedy:
            raise ValueError(
                "is greedy, so that all samples are alike; expected temperature >= 0.01 and top_k other than 1"
            )
        return sampling


JUDGE = "judge"
"""Its name among a run's models."""


class EvalJudge(Model):
    """A model that says of each answer, copied out by itself, whether it is the gold: a figure beside our grader's."""

    sampling: Sampling = Sampling(max_tokens=2048, temperature=0.0)
    """How its one word is drawn; left out: the likeliest."""
    prompt: PromptName = "judge/verdict"
    """What it is asked: from the question, the choices, the gold and the answer."""
    extract: PromptName | None = "judge/extract"
    """What it is asked before, for the answer alone; null: it compares what our rules found."""
    on: list[Word] | None = None
    """Benchmarks that it judges, by `source`; left out: all."""


class EvalRecipe(RecipeFile):
    """Models on benchmarks."""

    model_config = ConfigDict(title="ovlt eval recipe")

    seed: int = 0
    """Of every choice among rows."""
    models: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")], EvalModel] = Field(min_length=1)
    """By a name of your own, which the tables show."""
    benchmarks: list[
        Annotated[BenchmarkSpec, BeforeValidator(_spell_out, json_schema_input_type=str | BenchmarkSpec)]
    ] = Field(min_length=1)
    """Sources; `mathvista` is short for {source: mathvista}, its Hub copy."""
    judge: EvalJudge | None = None
    """A language model's word as a further figure, which is how MathVerse is scored; left out: rules alone."""
    pass_at: PassAt | None = None
    """pass@k beside accuracy; left out: one sample only."""
    store: LocalPaths | None = None
    """Folder of the response store, then further ones to read only; left out: OVLT_STORE, or ./store."""
    stop: Stop = Stop()
    """When an evaluation gives up."""

    @field_validator("benchmarks")
    @classmethod
    def _have_names_of_their_own(cls, benchmarks: list[Any]) -> list[Any]:
        names = [benchmark.source for benchmark in benchmarks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names {', '.join(twice)} twice; expected another `source` with `format: {twice[0]}`")
        return benchmarks

    @field_validator("judge")
    @classmethod
    def _knows_the_benchmarks(cls, judge: EvalJudge | None, info: ValidationInfo) -> EvalJudge | None:
        there = [benchmark.source for benchmark in info.data.get("benchmarks", ())]
        unknown = [name for name in (judge and judge.on) or () if name not in there]
        if unknown and there:
            raise ValueError(f"is to judge {unknown[0]}; expected names of benchmarks here: {', '.join(there)}")
        if judge is not None and JUDGE in info.data.get("models", ()):
            raise ValueError(f"stands beside a model of that name; expected another name than `{JUDGE}` in `models`")
        return judge
