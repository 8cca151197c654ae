"""From a run's samples to the rows of a dataset version: pure functions over tables, no network, no chance.

    curate(problems, samples, steps, kind="sft")  ->  Curated: the rows kept, the rows dropped with their reasons,
                                                      and a funnel that accounts for each one

Trying another list of steps costs seconds and no tokens. Rows are sorted at the start, so that their order of
arrival shows nowhere.
"""

from ovlt_data.curate.curate import curate, drop_rows, rejected_problems
from ovlt_data.curate.cut import cut_rows
from ovlt_data.curate.funnel import describe_difficulty, describe_funnel

__all__ = ["curate", "cut_rows", "describe_difficulty", "describe_funnel", "drop_rows", "rejected_problems"]
