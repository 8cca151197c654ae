"""Repetition loops: text whose end says the same thing over and over, so that nothing more can be hoped of it.

Only exact repetition counts, and a lot of it: the last 3,000 characters (about 750 tokens) at least, and six rounds at
least of a passage of up to 2,000. Tables with equal rows, matrices of zeros, repeated lines of a calculation and long
decimals stay below; a list that counts on never repeats exactly. In 206 real traces of DeepSeek R1 and its distilled
models, of up to 64,000 characters, the longest exact repetition has 76.
"""

ROUNDS = 6
LEAST, LONGEST_ROUND = 3000, 2000
"""Characters: of all rounds together, and of one."""
FINISHED_IN_LOOP = frozenset({"loop", "repetition"})
"""Finish reasons of a reply that was cut for its repetitions: by us, or by vLLM's `repetition_detection`."""

STEP = 512
"""Characters from look to look: what a look costs is spread over so many."""
_WINDOW = ROUNDS * LONGEST_ROUND
_END = 48
"""Characters at the end, by whose earlier appearances a round is guessed."""
_GUESSES = 64


class LoopWatch:
    """Looks at a growing text; what it finds depends on the text alone, not on the pieces that it comes in."""

    def __init__(self) -> None:
        self._seen = ""
        """The last look's window."""
        self._fresh = ""
        """What has come since."""

    def add(self, text: str) -> bool:
        """Whether the text runs in a loop, now or at an earlier look of this piece."""
        self._fresh += text
        if len(self._fresh) < STEP:
            return False
        ends = range(STEP, len(self._fresh) + 1, STEP)
        steps = [self._fresh[end - STEP : end] for end in ends]
        self._fresh = self._fresh[ends[-1] :]
        return any(self._look(step) for step in steps)

    def _look(self, step: str) -> bool:
        self._seen = (self._seen + step)[-_WINDOW:]
        return find_round(self._seen) > 0


def find_round(text: str) -> int:
    """Characters of the shortest passage that the text's end repeats for long enough; 0 where it does not."""
    end, start = text[-_END:], len(text) - _END
    for _ in range(_GUESSES):
        start = text.rfind(end, 0, start + _END - 1)
        size = len(text) - _END - start
        if start < 0 or size > LONGEST_ROUND:
            return 0
        if _repeats(text, size):
            return size
    return 0


def _repeats(text: str, size: int) -> bool:
    length = max(LEAST, ROUNDS * size)
    return len(text) >= length and text[-length:-size] == text[size - length :]
