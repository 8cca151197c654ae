"""What the student is to say: <think>, the solution in prose, then the answer alone in its tag.

The reasoner answered in its own way. Its words are kept, and only the form is made one: the tag stands once, at the
end, and holds the answer that the row's author chose.
"""

import re

_TAG = re.compile(r"</?answer>", re.IGNORECASE)
_AT_LINE_END = re.compile(
    r"<answer>(?:(?!</?answer>).)*(?:</answer>[ \t.]*$|\Z)", re.IGNORECASE | re.DOTALL | re.MULTILINE
)


def compose_completion(reasoning: str, content: str, *, answer: str) -> str:
    """Put a trace, the solution that followed it, and the answer together."""
    parts = [f"<think>\n{reasoning.strip()}\n</think>", _without_answer(content), f"<answer>{answer}</answer>"]
    return "\n\n".join(filter(None, parts))


def has_answer_tag(content: str) -> bool:
    """Whether the reasoner tagged its answer itself."""
    return _TAG.search(content) is not None


def _without_answer(content: str) -> str:
    """The solution without its tag: one that ends a line goes, since ours follows; within a line its words stay."""
    prose = _TAG.sub("", _AT_LINE_END.sub("", content))
    return re.sub(r"\n{3,}", "\n\n", prose).strip()
