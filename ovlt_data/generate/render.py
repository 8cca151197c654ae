"""Prompts filled in for a problem: on the walk, and later from its table's row, with the same words."""

from collections.abc import Mapping
from typing import Any, Unpack

from msgspec.structs import asdict

from ovlt_data.prompts import OF_PROBLEM, Prompt, Said
from ovlt_data.types import Problem


def render_prompt(prompt: Prompt, problem: Problem | Mapping[str, Any], **said: Unpack[Said]) -> str:
    """The user message, from a problem or a row of the table of problems."""
    facts = asdict(problem) if isinstance(problem, Problem) else problem
    return prompt.render(**{name: facts[name] for name in OF_PROBLEM}, **said)
