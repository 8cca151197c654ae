"""What was sent, rendered again: the walk keeps no prompts, since problems, captions and templates determine them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ovlt_data.generate.planned import Plan
from ovlt_data.generate.refine import RefinePlan
from ovlt_data.generate.render import render_prompt
from ovlt_data.prompts import Prompt

TURNS = pl.List(pl.Struct(dict.fromkeys(("role", "prompt", "text", "response_key"), pl.String)))


def add_caption_prompts(captions: pl.DataFrame, problems: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Captions with a column `prompt`: the text that the captioner got, null for captions from a table.

    The turns of a refined one get theirs as well.
    """
    asked = plan.caption
    captions = _add_prompts(captions, problems, asked.prompt if asked else None)
    if asked is None or asked.refine is None:
        return captions.with_columns(turns=pl.lit([], TURNS))
    return _add_turn_prompts(captions, problems, asked.refine)


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


def add_judge_prompts(samples: pl.DataFrame, problems: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Samples with a column `judge_prompt`: the text that the judge got, null where it was not asked."""
    judge, by_id = plan.judge, {row["id"]: row for row in problems.iter_rows(named=True)}
    rows = samples.select("problem_id", "judgement").iter_rows() if judge else ()
    prompts = [
        render_prompt(judge.prompt, by_id[problem], gold=by_id[problem]["answer"], answer=judgement["answer"])
        if judge and judgement and judgement["said"]
        else None
        for problem, judgement in rows
    ]
    return samples.with_columns(judge_prompt=pl.Series(prompts or [None] * samples.height, dtype=pl.String))


def _add_prompts(table: pl.DataFrame, problems: pl.DataFrame, prompt: Prompt | None) -> pl.DataFrame:
    if prompt is None:
        return table.with_columns(prompt=pl.lit(None, pl.String))
    problems = problems.join(table, left_on="id", right_on="problem_id", how="semi")  # one that failed may not render
    said = [render_prompt(prompt, row, caption=row.get("caption")) for row in problems.iter_rows(named=True)]
    rendered = pl.DataFrame(
        {"problem_id": problems["id"], "prompt": said}, schema={"problem_id": pl.String, "prompt": pl.String}
    )
    return table.join(rendered, on="problem_id", how="left")


def _add_turn_prompts(captions: pl.DataFrame, problems: pl.DataFrame, plan: RefinePlan) -> pl.DataFrame:
    """A refined caption's prompt is that of the turn which it is."""
    by_id = {row["id"]: row for row in problems.iter_rows(named=True)}
    rows = captions.select("problem_id", "response_key", "prompt", "turns").rows()
    turns = [list(_retrace(said, first, by_id[problem], plan)) for problem, _, first, said in rows]
    prompts = [
        next((turn["prompt"] for turn in reversed(told) if turn["response_key"] == key), first)
        for (_, key, first, _), told in zip(rows, turns, strict=True)
    ]
    return captions.with_columns(pl.Series("turns", turns, TURNS), pl.Series("prompt", prompts, pl.String))


def _retrace(
    turns: Sequence[Mapping[str, str]], first: str, problem: Mapping[str, Any], plan: RefinePlan
) -> Iterator[dict[str, str]]:
    """Each turn with what was asked for it, which follows from those before it."""
    caption = feedback = ""
    for turn in turns:
        if turn["role"] == "feedback":
            prompt = render_prompt(plan.prompt, problem, caption=caption)
            feedback = turn["text"]
        else:
            rewritten = bool(caption)
            prompt = render_prompt(plan.rewrite, problem, caption=caption, feedback=feedback) if rewritten else first
            caption = turn["text"] or caption
        yield {**turn, "prompt": prompt}
