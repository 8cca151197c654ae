"""Prompts are files: Jinja templates of one user message, and their text's hash is part of what a row is.

A prompt is a pure function of a problem. It stands alone (no includes), knows few variables, is rendered in a
sandbox, and what stands in a problem is filled in as it is: braces in a question are never a template.
"""

import hashlib
import re
import string
from collections.abc import Sequence, Set
from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict, Unpack

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

from ovlt_data import lookup
from ovlt_data.errors import RowError, UsageError

OF_PROBLEM = frozenset({"question", "choices", "source", "answer_type", "precision"})
"""Variables of a problem; `choices` is a list, empty where the answer is free. The last two are for benchmarks whose
own questions say what form of answer they want; `precision` is in decimal places, or none."""


class Said(TypedDict, total=False):
    """Variables for what was said before: only prompts that follow it may use them."""

    caption: str | None
    feedback: str | None
    trace: str | None
    output: str
    """The end of a reply."""
    answer: str
    """A reply's."""
    gold: str


SAID = frozenset(Said.__annotations__)
VARIABLES = OF_PROBLEM | SAID
"""All that there are."""

FAULTS = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError)
"""What an expression in a template can raise."""

TRIAL = Said(caption="A picture.", feedback="Where?", trace="So it is.", output="It is 3.", answer="3", gold="4")
_TILDES = re.compile("~{3,}")


class Prompt(Struct, frozen=True, kw_only=True):
    """A template that was read and found sound."""

    name: str
    """As the recipe writes it."""
    path: str
    text: str
    sha256: str
    """Of the text: the prompt's identity."""
    variables: frozenset[str]
    """Those of `VARIABLES` that it uses."""

    def render(
        self,
        *,
        question: str = "",
        choices: Sequence[str] = (),
        source: str = "",
        answer_type: str = "",
        precision: int | None = None,
        **said: Unpack[Said],
    ) -> str:
        """The user message, without white space around it; using what nobody `said` (see SAID) is an error."""
        values: dict[str, object] = {"question": question, "choices": list(choices), "source": source}
        values |= {"answer_type": answer_type, "precision": precision}
        values |= {name: text for name, text in said.items() if text is not None}
        try:
            return _compile(self.text).render(values).strip()
        except FAULTS as error:
            raise UsageError(f"{self.path}: fails for a problem with {len(choices)} choices: {error}") from error


def load_prompt(name: str, *, beside: Path, variables: Set[str] = VARIABLES) -> Prompt:
    """A prompt by path or name (see `lookup`), refused if it uses a variable that won't be there."""
    path = lookup.find_prompt(name, beside=beside)
    if path is None:
        known = ", ".join(lookup.prompt_names(beside=beside))
        raise UsageError(f"no prompt `{name}`; expected a file from {beside}, or one of: {known}")
    text = _read(path)
    used = _check(text, path=path, known=variables)
    digest = hashlib.sha256(text.encode()).hexdigest()
    prompt = Prompt(name=name, path=str(path), text=text, sha256=digest, variables=used)
    _try_out(prompt)
    return prompt


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read as UTF-8 text: {error}") from error
    if not text.strip():
        raise UsageError(f"{path}: is empty; expected the text of a prompt")
    return text


def _check(text: str, *, path: Path, known: Set[str]) -> frozenset[str]:
    """The variables that a template uses, all of which must be known."""
    try:
        tree = _environment().parse(text)
        _compile(text)
    except TemplateSyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.message}") from error
    if list(meta.find_referenced_templates(tree)):
        raise UsageError(
            f"{path}: takes in another file; expected a prompt that stands alone, since its text is its identity"
        )
    used = meta.find_undeclared_variables(tree) - _environment().globals.keys()
    wrong = {
        f"{path}:{name.lineno}: unknown variable `{name.name}`"
        for name in tree.find_all(nodes.Name)
        if name.name in used - known
    }
    if wrong:
        allowed = ", ".join(sorted(known))
        raise UsageError("\n".join(f"{what}; expected one of: {allowed}" for what in sorted(wrong)))
    return frozenset(used)


def _try_out(prompt: Prompt) -> None:
    """Rendered before anything is spent: what a template does wrong, it does to any problem."""
    for choices in ((), ("one", "two")):
        prompt.render(question="Which?", choices=choices, source="trial", **TRIAL)


def letter(choices: Sequence[str]) -> list[tuple[str, str]]:
    """Choices with their letters: `{% for letter, choice in choices | lettered %}`."""
    if len(choices) > len(string.ascii_uppercase):
        raise RowError(f"{len(choices)} choices, but the alphabet has {len(string.ascii_uppercase)} letters")
    return list(zip(string.ascii_uppercase, choices, strict=False))


def fence(text: str) -> str:
    """Text between lines of tildes that it does not hold itself, and so can't close: `{{ answer | fenced }}`."""
    tildes = "~" * (1 + max(map(len, _TILDES.findall(text)), default=2))
    return f"{tildes}\n{text}\n{tildes}"


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    filters: dict[str, Any] = environment.filters
    filters |= {"lettered": letter, "fenced": fence}
    # Nothing random: a row's prompt must come out the same twice.
    del filters["random"], environment.globals["lipsum"]
    return environment


@lru_cache(maxsize=64)
def _compile(text: str) -> Template:
    return _environment().from_string(text)
