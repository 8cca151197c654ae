"""What was sent, rendered again: the walk keeps no prompts, since problems, captions and templates determine them."""

from typing import Any

import polars as pl

from ovlt_data.generate.walk import Plan
from ovlt_data.prompts import Prompt


def add_caption_prompts(captions: pl.DataFrame, problems: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Captions with a column `prompt`: the text that the captioner got, null for captions from a table."""
    return _add_prompts(captions, problems, plan.caption.prompt if plan.caption else None)


def add_reason_prompts(
    samples: pl.DataFrame, problems: pl.DataFrame, captions: pl.DataFrame, plan: Plan
) -> pl.DataFrame:
    """Samples with a column `prompt`: the text that the reasoner got, null for samples from a table."""
    captioned = problems.join(
        captions.select("problem_id", caption="text"), left_on="id", right_on="problem_id", how="left"
    )
    if plan.caption is not None:
        captioned = captioned.with_columns(pl.col("caption").fill_null(""))
    return _add_prompts(samples, captioned, plan.reason.prompt if plan.reason else None)


def _add_prompts(table: pl.DataFrame, problems: pl.DataFrame, prompt: Prompt | None) -> pl.DataFrame:
    if prompt is None:
        return table.with_columns(prompt=pl.lit(None, pl.String))
    problems = problems.join(table, left_on="id", right_on="problem_id", how="semi")  # one that failed may not render
    rendered = pl.DataFrame(
        {"problem_id": problems["id"], "prompt": [_render(prompt, row) for row in problems.iter_rows(named=True)]},
        schema={"problem_id": pl.String, "prompt": pl.String},
    )
    return table.join(rendered, on="problem_id", how="left")


def _render(prompt: Prompt, problem: dict[str, Any]) -> str:
    return prompt.render(
        question=problem["question"],
        choices=problem["choices"],
        caption=problem.get("caption"),
        source=problem["source"],
        answer_type=problem["answer_type"],
        precision=problem["precision"],
    )
