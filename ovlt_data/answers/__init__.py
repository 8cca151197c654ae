"""Answers: out of an output, and against the gold. `grade` is the one grader of the whole project.

In the order in which an answer meets them:

    extract            the answer out of a whole output          clean       one spelling for many
    grade              the type of the gold directs the rule
    choice  yes_no  text  vqa  times  ranges  series             rules for words and sets
    quantity -> numbers -> literals, number_words, units         one number; nearness says how near is enough
    expression -> formulas, pieces, intervals                    formulas taken apart; then
    tokens -> maths -> values, algebra                           our own reader and arithmetic, bounded, without sympy
    symbolic -> worker                                           math-verify in a process that may be killed
    official, compare                                            other graders beside ours
    lines                                                        a file of predictions

All but the last three lines are pure functions of two texts.
"""

from ovlt_data.answers.extract import Extracted, extract
from ovlt_data.answers.grade import GRADER_VERSION, GoldOptions, canonical_answer, grade, grade_quickly
from ovlt_data.answers.lines import Summary, grade_lines

__all__ = [
    "GRADER_VERSION",
    "Extracted",
    "GoldOptions",
    "Summary",
    "canonical_answer",
    "extract",
    "grade",
    "grade_lines",
    "grade_quickly",
]
