"""What a recipe says of a judge: a language model's word on answers that the rules can't decide."""

from typing import Literal

from ovlt_data.recipe.section import PromptName, Section, Word


class JudgeStep(Section):
    """A language model that compares answers with their golds, as text. It never overrules a rule."""

    model: Word
    """A name under `models`; greedy sampling suits it best."""
    prompt: PromptName = "judge/verdict"
    """What it is asked: from the question, the choices, the gold and the answer."""
    extract: PromptName | None = None
    """What it is asked first, from the question and the end of the reply: for the answer alone, as MathVerse's own
    evaluation does; left out: it compares what the rules found."""
    of: Literal["unscorable", "all"] = "unscorable"
    """`unscorable`: what the rules leave open; `all`: every sample, whose own verdict stands where a rule gave one."""

    @property
    def models(self) -> list[str]:
        """Who is asked."""
        return [self.model]
