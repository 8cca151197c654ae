"""What a run has done so far, in numbers: written by the engine and the rows' walk, read by the progress display."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from ovlt_data.engine.bottleneck import Limit
from ovlt_data.engine.traffic import Traffic
from ovlt_data.text.loops import FINISHED_IN_LOOP
from ovlt_data.types import Caption, Probed, Reply, Sample


@dataclass(slots=True)
class Sent:
    """What one model was asked over the network."""

    requests: int = 0
    """Retries included."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(slots=True)
class RungTally:
    """What one try at the problems cost and won: the first is `reason` itself, the others `reason.escalate`."""

    on: str
    """`start`, `length` or `wrong`."""
    model: str
    max_tokens: int | None = None
    problems: int = 0
    """That were tried here."""
    samples: int = 0
    correct: int = 0
    solved: int = 0
    """Problems that came to have enough correct samples here."""
    completion_tokens: int = 0
    """Of its samples, whether the store had them or not."""
    requests: int = 0
    """Sent in this call, without retries."""


@dataclass(slots=True)
class Tally:
    """Counts of this call; nothing here decides anything."""

    read: int = 0
    """Rows pulled from the sources, problems or not."""
    total: int | None = None
    """Rows there are, once the sources are read to their end."""
    kept: int = 0
    """Problems with samples, before curation."""
    rejected: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    captions: int = 0
    probed: Counter[str] = field(default_factory=Counter[str])
    """Replies to probes, by probe."""
    unprobed: Counter[str] = field(default_factory=Counter[str])
    """Probes without a reply, as `blind: timeout`."""
    refined: int = 0
    """Captions that were written anew for a reader who asked."""
    unrefined: Counter[str] = field(default_factory=Counter[str])
    """Captions whose refinement ended early, by the kind of failure."""
    samples: int = 0
    verdicts: Counter[str] = field(default_factory=Counter[str])
    """Samples by `correct`, or by the reason why they are not."""
    judged: Counter[str] = field(default_factory=Counter[str])
    """Those that a judge was asked for, by its word: `correct`, `wrong`, `judge_unclear` or `judge_failed`."""
    reasonless: int = 0
    """Samples whose reply held no reasoning."""
    sent: defaultdict[str, Sent] = field(default_factory=lambda: defaultdict(Sent))
    """By model."""
    retries: Counter[str] = field(default_factory=Counter[str])
    in_flight: int = 0
    from_store: int = 0
    """Slots that the store answered."""
    loops: int = 0
    """Replies that were cut because they ran in a loop."""
    tokens_saved: int = 0
    """What they might have gone on for: up to their caps, where these and the tokens that came are known."""
    rungs: list[RungTally] = field(default_factory=list[RungTally])
    traffic: defaultdict[tuple[str, str], Traffic] = field(default_factory=lambda: defaultdict(Traffic))
    """By model and replica."""
    limit: Limit | None = None
    """What limits the run now."""
    limited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds that each limit ruled."""
    unfed: int = 0
    """Rows that were read and not asked for, since their source was full."""

    @property
    def requests(self) -> int:
        """Sent over the network, retries included."""
        return sum(sent.requests for sent in self.sent.values())

    @property
    def prompt_tokens(self) -> int:
        return sum(sent.prompt_tokens for sent in self.sent.values())

    @property
    def completion_tokens(self) -> int:
        return sum(sent.completion_tokens for sent in self.sent.values())

    def count_reply(self, model: str, reply: Reply) -> None:
        """One that came over the network."""
        self.sent[model].prompt_tokens += reply.prompt_tokens
        self.sent[model].completion_tokens += reply.completion_tokens
        if reply.finish_reason in FINISHED_IN_LOOP:
            self.loops += 1
            if reply.max_tokens is not None and reply.exact_tokens:
                self.tokens_saved += max(reply.max_tokens - reply.completion_tokens, 0)

    def count_probed(self, probed: Probed) -> None:
        """One reply to a probe, or none."""
        self.probed[probed.probe] += probed.sample is not None
        if probed.sample is None:
            self.unprobed[f"{probed.probe}: {probed.failure}"] += 1

    def count_caption(self, caption: Caption) -> None:
        """One that its problem's samples came from."""
        self.captions += 1
        self.refined += sum(turn.role == "caption" and bool(turn.text) for turn in caption.turns) > 1
        if caption.unrefined:
            self.unrefined[caption.unrefined] += 1

    def count_sample(self, sample: Sample) -> None:
        """One that arrived, with its verdict."""
        self.samples += 1
        self.verdicts[sample.verdict.reason or sample.verdict.status] += 1
        self.reasonless += sample.reasoning_origin == "none"
        if sample.judgement is not None:
            self.judged[sample.judgement.reason or sample.judgement.status] += 1

    @property
    def walking(self) -> int:
        """Rows that are read and whose fate is open."""
        return max(self.read - self.unfed - self.done, 0)

    @property
    def limited_shares(self) -> dict[str, float]:
        """Of the time so far, by limit."""
        seconds = sum(self.limited.values())
        return {name: round(ruled / seconds, 3) for name, ruled in sorted(self.limited.items())}

    @property
    def done(self) -> int:
        """Rows whose fate is known."""
        return self.kept + self.rejected.total() + self.failed.total()
