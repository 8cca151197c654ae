"""Answers: out of an output, and against the gold. `grade` is the one grader of the whole project."""

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
