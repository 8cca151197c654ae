"""The vocabulary: every value that passes between stages, in the order of the data's life.

    Problem -> Caption -> Sample, with its Verdict -> a row of a dataset version

Values are frozen, hold no clients and no functions, and are equal when their content is. What only one stage
knows stays private to that stage.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

AnswerType = Literal[
    "auto",
    "yes_no",
    "choice",
    "integer",
    "decimal",
    "number",
    "expression",
    "text",
    "list",
    "set",
    "time",
    "range",
    "vqa",
]
"""How a gold answer is to be compared; `auto` lets the gold's own form decide, never the prediction's."""

Status = Literal["correct", "wrong", "unscorable"]
"""Unscorable: the grader could not decide a well-formed answer. Everything else that is not correct is wrong."""

Say = Callable[[str], object]
"""Tells a person one line while work goes on."""

Stage = Literal["source", "caption", "refine", "reason", "verify", "edit", "probe"]

ProbeName = Literal["blind", "caption", "image", "rotated"]
"""How a problem is asked beside the way that its rows come from."""

ReasoningOrigin = Literal["field", "tags", "missing_open", "unclosed", "none"]
"""Where a trace's reasoning stood in the reply:

`field` in message.reasoning or message.reasoning_content · `tags` between <think> tags in the content ·
`missing_open` before a lone </think> (R1's chat templates put the opening tag into the prompt) ·
`unclosed` the thought never ended, so that no answer follows it · `none` the reply holds no reasoning.
"""


class Image(Struct, frozen=True):
    """A picture by reference: its bytes stay where they are, byte for byte as the source gave them."""

    path: str
    """Absolute path of the file that holds the source's bytes."""
    sha256: str
    """Of those bytes, in hex."""


class Problem(Struct, frozen=True, kw_only=True):
    """One question with its gold answer."""

    id: str
    """16 hex digits from the content (source, question, choices, answer, pictures): stable across runs and machines."""
    source: str
    origin: str = ""
    """The row's own name in its source, for people and for joins; not unique."""
    question: str
    """Without image markers and without the choices."""
    answer: str
    """The gold in its canonical form; of a choice problem the choice's letter."""
    answer_type: AnswerType = "auto"
    choices: tuple[str, ...] = ()
    unit: str = ""
    precision: int | None = None
    """Decimal places to which a benchmark rounds, where it says so."""
    answers: tuple[str, ...] = ()
    """Several people's answers to one question (VizWiz's ten)."""
    images: tuple[Image, ...] = ()
    categories: tuple[str, ...] = ()
    """How its benchmark files it, as `task: geometry`."""


class Unusable(Struct, frozen=True, kw_only=True):
    """A source's row that can't become a problem: kept and counted, never passed on."""

    source: str
    origin: str
    reason: str
    """A short snake_case word that the funnel counts by, such as `no_answer`, `duplicate` or `bad_image`."""
    message: str
    failed: bool = False
    """True for a fault (a broken file), False for a row that was read well and is no problem for us."""


class Reply(Struct, frozen=True, kw_only=True):
    """One choice of one response, as the server sent it: what the store keeps."""

    content: str | None
    reasoning: str | None = None
    """message.reasoning, or message.reasoning_content from servers that still use the older name."""
    finish_reason: str | None = None
    prompt_tokens: int = 0
    """Of the request; 0 on all but the first choice of a response, so that sums are what was paid."""
    completion_tokens: int = 0
    """Exact for a response of one choice, else this choice's share of the response's total by length."""
    max_tokens: int | None = None
    """The cap it was asked under; None for the server's own."""
    exact_tokens: bool = True
    """False when `completion_tokens` is a share, or 0 because the server counted none."""
    served_model: str = ""
    created: int = 0
    """Unix seconds at which it arrived."""


class Turn(Struct, frozen=True, kw_only=True):
    """What one side said while a caption was refined."""

    role: Literal["caption", "feedback"]
    text: str
    """Empty where the reply was of no use."""
    response_key: str


class Caption(Struct, frozen=True, kw_only=True):
    problem_id: str
    text: str
    finish_reason: str = ""
    completion_tokens: int = 0
    response_key: str = ""
    """The store's key of the request (hex); empty for a caption that a table gave."""
    turns: tuple[Turn, ...] = ()
    """Of a refined caption: all that was said, itself and those before it included, in this order."""
    unrefined: str = ""
    """Kind of the failure that ended its refinement early."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What the grader says of one answer."""

    status: Status
    extracted: str | None = None
    """The answer as found in the output, None where there was none."""
    method: str = ""
    """The rule that decided, such as `choice_letter`, `number`, `text` or `symbolic`."""
    reason: str = ""
    """Why it is not correct, as a short word.

    Wrong: `no_answer`, `truncated`, `loop`, `hedged`, `over_size`, `differs`, `judged_wrong`.
    Unscorable: `timeout`, `memory`, `no_gold`; where a judge was asked, `judge_unclear`, `judge_failed`.
    """


class Edit(Struct, frozen=True, kw_only=True):
    """A correct trace that speaks of its caption, written anew so that it doesn't."""

    reasoning: str = ""
    content: str = ""
    extracted: str | None = None
    """The answer as found in it."""
    changed: float = 0.0
    """Words put in, left out or replaced, as a share of the trace's."""
    fault: Literal["", "failed", "format", "leaks", "answer"] = ""
    """Why it can't stand for the trace: there is none, its form is another, it still speaks of the caption, or its
    answer is not right."""
    response_key: str


class Judgement(Struct, frozen=True, kw_only=True):
    """What a language model says of one answer. It decides only what the rules leave unscorable."""

    status: Status
    reason: str = ""
    """Of `unscorable`: `judge_unclear` for a reply in another form than was asked for, `judge_failed` for none."""
    answer: str = ""
    """What it compared with the gold; empty where it found none, which is wrong."""
    said: str = ""
    """Its words."""
    response_keys: tuple[str, ...] = ()
    """The store's keys of what it was asked (hex)."""


class Sample(Struct, frozen=True, kw_only=True):
    """One of a problem's replies, reasoning and answer apart."""

    problem_id: str
    slot: int
    """Of the problem: a further teacher's slots follow those of the teachers before it."""
    model: str = ""
    """Who said it, by its name in the recipe; empty for a sample that a table gave."""
    rung: int = 0
    """Which try it comes from: 0 is `reason` itself, n the n-th of `reason.escalate`."""
    reasoning: str
    content: str
    """What follows the reasoning: the solution in prose and the answer."""
    reasoning_origin: ReasoningOrigin
    finish_reason: str
    completion_tokens: int
    response_key: str
    verdict: Verdict
    edit: Edit | None = None
    """None where none was asked for."""
    judgement: Judgement | None = None
    """None where no judge was asked."""


class Probed(Struct, frozen=True, kw_only=True):
    """One reply to a problem that was asked in another way."""

    probe: ProbeName
    turn: int = 0
    """Places by which the choices were rotated."""
    sample: Sample | None
    """None where no reply came."""
    failure: str = ""
    """Why none came: its kind."""
    response_key: str
    """The store's key of the request (hex)."""


class Failure(Struct, frozen=True, kw_only=True):
    """Why a problem has no samples: one line of a run's work list."""

    problem_id: str
    source: str
    origin: str
    stage: Stage
    kind: str
    lasting: bool
    """True when trying again can't help; a passing failure is tried again by the next run."""
    request_key: str = ""
    """The store's key of the request that failed (hex): an edited prompt is another request, and gets its chance."""
    endpoint: str = ""
    attempts: int = 0
    message: str = ""


class Stripped(Struct, frozen=True, kw_only=True):
    """What taking reflections out did to a step's rows. Pairs are figures before and after it."""

    markers: int
    """Version of `text/markers.yaml`."""
    reflections: tuple[float, float]
    """Reflective sentences per trace, by the fuller set."""
    words: tuple[float, float]
    """Per trace."""
    answer_follows: tuple[float, float]
    """Share of the traces in which the gold's value or choice stands."""


class PassAt(Struct, frozen=True, kw_only=True):
    """Unbiased pass@k: how often one of k samples of a problem is correct."""

    k: int
    problems: int
    """Those with at least k decided samples, of which this is the mean."""
    rate: float
    gap: float
    """To pass@1 of the same problems."""


class Difficulty(Struct, frozen=True, kw_only=True):
    """How a source's problems fared, before anything was filtered."""

    source: str
    probe: ProbeName | None = None
    """Whose pass rates these are; None for those of the samples that rows come from."""
    rated: int
    """Problems with a pass rate."""
    unrated: int
    """Without: nothing could be decided, or sampling went on until samples were correct."""
    bins: tuple[int, ...]
    """Rated problems by pass rate: 0, up to a quarter, up to a half, up to three quarters, under 1, and 1."""
    pass_at: tuple[PassAt, ...]
    """For k = 1, 2, 4, …"""
    passed: int
    """Problems with as many correct samples as `min_correct` asks; of a probe, with one."""
    by_luck: float
    """Of these, how many guesses alone would explain: `curate/difficulty.py` has the formula."""


class FunnelStep(Struct, frozen=True, kw_only=True):
    """One step of curation: what went in and what came out. Rows are samples for SFT, problems for GRPO."""

    step: str
    """As the recipe writes it."""
    rows_in: int
    rows_out: int
    problems_in: int
    problems_out: int
    reasons: dict[str, int]
    """Dropped rows by reason."""
    touched: int = 0
    """Rows that the step edited, or marked instead of dropping."""
    stripped: Stripped | None = None
    """Of a step that takes reflections out."""
    judged: int = 0
    """Of the rows that came out: those that rest on a judge's word, not on a rule's."""
