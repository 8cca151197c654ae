"""The reward of this export for ms-swift: ovlt's grader, 1 for a correct answer, 0 for others (pip install ovlt)."""

from swift.plugin import ORM, orms  # pyright: ignore[reportMissingImports]  # is there where this is used

from ovlt_data.answers.pack import grade_packed


class Correct(ORM):  # pyright: ignore[reportUntypedBaseClass]  # for the same reason
    """`solution` is the export's packed gold."""

    def __call__(self, completions: list[str], solution: list[str], **_: object) -> list[float]:
        graded = (grade_packed(said, gold) for said, gold in zip(completions, solution, strict=True))
        return [float(verdict.status == "correct") for verdict in graded]


orms["ovlt"] = Correct
