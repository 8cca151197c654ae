from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ovlt_data.recipe import Recipe, Sampling, Step, load_recipe

Complain = Callable[..., list[str]]

RULES = {
    "greedy-by-temperature": ("models.brain.sampling.temperature=0", "reason", "whose sampling is greedy"),
    "greedy-by-top-k": ("models.brain.sampling.top_k=1", "reason", "whose sampling is greedy"),
    "no-such-model": ("reason.model=brian", "reason", "names the model `brian`"),
    "no-such-captioner": ("caption.model=ear", "caption", "names the model `ear`"),
    "caption-of-nothing": ("caption={}", "caption.from", "exactly one of `model` and `from`"),
    "caption-of-both": ("caption.from=trial.yaml", "caption.from", "exactly one of `model` and `from`"),
    "no-such-reader": ("caption.refine={model: ear}", "caption", "names the model `ear`"),
    "refined-out-of-a-table": (
        "caption={from: trial.yaml, refine: {model: eye}}",
        "caption.from",
        "stands beside `refine`",
    ),
    "no-such-editor": ("curate.0={caption_leakage: {rewrite: {model: ear}}}", "curate", "names the model `ear`"),
    "two-rewrites": (
        "curate=[{caption_leakage: {rewrite: {model: brain}}}, {mark: {caption_leakage: {rewrite: {model: eye}}}}]",
        "curate",
        "has two rewrites",
    ),
    "rewrite-of-stripped-traces": (
        "curate=[{strip_reflections: truncate}, {caption_leakage: {rewrite: {model: brain}}}]",
        "curate",
        "expected caption_leakage before strip_reflections",
    ),
    "no-such-judge": ("judge={model: ear}", "judge", "names the model `ear`"),
    "no-samples-at-all": ("reason=", "build", "exactly one of `reason` and `samples`"),
    "samples-twice": ("samples.from=trial.yaml", "samples", "exactly one of `reason` and `samples`"),
    "no-samples-wanted": ("reason.samples=0", "reason.samples", "at least 1"),
    "more-correct-than-samples": ("curate.0.min_correct={choice: 5}", "curate", "min_correct 5 of 4 samples"),
    "more-arrived-than-samples": ("stop.min_samples=5", "stop", "min_samples 5 of 4 samples"),
    "trace-steps-in-grpo": (
        "build.kind=grpo",
        "build",
        "but curate has select; expected only steps",
    ),
    "two-keys-in-a-step": ("curate.0.min_words=3", "curate.0", "exactly one key"),
    "no-key-in-a-step": ("curate.0={}", "curate.0", "exactly one key"),
    "no-value-in-a-step": ("curate.0.min_correct=", "curate.0", "has no value for min_correct"),
    "mark-of-no-filter": ("curate.0={mark: {select: first}}", "curate.0.mark", "can't mark select"),
    "keep-none": ("curate.1.select={by: first, keep: 0}", "curate.1.select.keep", "at least 1"),
    "no-model-id": ("models.brain.model=", "models.brain.model", "is missing; expected the id"),
    "path-without-identity": ("models.brain.model=/ckpt", "models.brain.checkpoint", "/ckpt is a local path"),
    "two-identities": ("models.brain={revision: a, checkpoint: b}", "models.brain.checkpoint", "beside `revision`"),
    "no-url": ("models.brain.endpoint=host:8000", "models.brain.endpoint", "is `host:8000`; expected `embedded`"),
    "no-endpoint": ("models.brain.endpoint=[]", "models.brain.endpoint", "is an empty list"),
    "embedded-and-urls": ("models.eye.endpoint=[embedded, http://a/v1]", "models.eye.endpoint", "`embedded` alone"),
    "replica-twice": ("models.brain.endpoint=[http://a, http://a]", "models.brain.endpoint", "one URL twice"),
    "no-file-of-replicas": ("models.brain.endpoint=file:none.txt", "models.brain.endpoint", "no such file: none.txt"),
    "file-of-replicas-and-urls": ("models.brain.endpoint=[http://a, file:b]", "models.brain.endpoint", "alone"),
    "sampling-of-vllm": (
        "models.brain={provider: openai, sampling: {min_p: 0.1}}",
        "models.brain.sampling",
        "min_p is",
    ),
    "template-of-vllm": ("models.brain.chat_template_kwargs={a: 1}", "models.brain.chat_template_kwargs", "not known"),
    "sampling-in-the-body": ("models.brain.extra_body={n: 2, top_p: 1}", "models.brain.extra_body", "holds n, top_p"),
    "no-number": ("models.brain.sampling.top_p=.nan", "models.brain.sampling.top_p", "expected a number"),
    "pixels-turned-round": (
        "models.brain.images={max_pixels: 1, min_pixels: 2}",
        "models.brain.images.min_pixels",
        "at most max_pixels, 1",
    ),
    "sample-and-first": ("problems.sources.0={sample: 8, first: 8}", "problems.sources.0.first", "beside `sample`"),
    "no-sources": ("problems.sources=[]", "problems.sources", "is an empty list"),
    "name-that-leaves-the-folder": ("name=../trial", "name", "Of the folder runs/NAME"),
    "name-with-a-slash": ("name=a/b", "name", "Of the folder runs/NAME"),
    "fewer-than-the-least": ("reason.samples={min: 3, max: 2}", "reason.samples.max", "expected at least min, 3"),
    "no-end-of-samples": ("reason.samples={min: 1, max: 4}", "reason.samples.until", "expected until: {correct: N}"),
    "never-enough": (
        "reason.samples={max: 4, until: {correct: 5}}",
        "reason.samples.until",
        "5 correct of at most 4 samples",
    ),
    "rung-to-nobody": ("reason.escalate=[{on: wrong, model: brian}]", "reason", "names the model `brian`"),
    "rung-without-a-model": ("reason.escalate=[{on: wrong}]", "reason.escalate.0.model", "expected it with on: wrong"),
    "rung-without-a-cap": ("reason.escalate=[{on: length}]", "reason.escalate.0.max_tokens", "expected it with on: le"),
    "rung-to-the-same": ("reason.escalate=[{on: wrong, model: brain}]", "reason.escalate", "asks `brain` twice"),
    "rung-under-no-cap": ("reason.escalate=[{on: length, max_tokens: 9}]", "reason", "which has no max_tokens"),
    "quota-of-no-source": ("stop_when.sources={tabmwp: 5}", "stop_when", "names the source `tabmwp`"),
    "hidden-name": ("name=.trial", "name", "Of the folder runs/NAME"),
}


@pytest.mark.parametrize(("said", "key", "what"), RULES.values(), ids=RULES)
def test_a_recipe_that_could_not_run_is_refused(complain: Complain, said: str, key: str, what: str) -> None:
    provider = ["models.brain.provider=openai"] if "chat_template" in said else []
    told = [line.split(": ", 2) for line in complain(sets=[*provider, said])]
    assert any(path == key and what in text for _, path, text in told)


def test_a_judge_without_samples_has_nothing_to_judge(complain: Complain) -> None:
    told = complain(sets=["reason=", "curate=[]", "build.kind=grpo", "judge={model: brain}"])
    assert any(": judge: has no samples to judge; expected `reason` or `samples`" in line for line in told)


ENDPOINT = "endpoint: http://localhost:8000/v1"
SECRET = "s3cr3t-value"
LEAKS = {
    "password-in-url": (ENDPOINT, f"endpoint: http://me:{SECRET}@host/v1"),
    "user-without-scheme": (ENDPOINT, f"endpoint: me:{SECRET}@host/v1"),
    "user-in-url": (ENDPOINT, f"endpoint: http://{SECRET}@host/v1"),
    "key-in-query": (ENDPOINT, f"endpoint: http://host/v1?api_key={SECRET}"),
    "key-for-its-variable": (ENDPOINT, f"{ENDPOINT}\n    api_key_env: {SECRET}"),
    "key-under-its-own-key": (ENDPOINT, f"{ENDPOINT}\n    api_key: {SECRET}"),
    "authorization": (ENDPOINT, f"{ENDPOINT}\n    extra_headers: {{authorization: Bearer {SECRET}}}"),
    "api-key-header": (ENDPOINT, f"{ENDPOINT}\n    extra_headers: {{X-API-Key: {SECRET}}}"),
}


@pytest.mark.parametrize(("old", "new"), LEAKS.values(), ids=LEAKS)
def test_a_key_in_a_recipe_is_refused_and_not_repeated(complain: Complain, old: str, new: str) -> None:
    (line,) = complain(old, new)
    assert "models.brain." in line
    assert SECRET not in line


def test_the_key_variable_must_be_set(good: Path, complain: Complain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVLT_TEST_KEY", raising=False)
    text = good.read_text()
    (line,) = complain(ENDPOINT, f"{ENDPOINT}\n    api_key_env: OVLT_TEST_KEY")
    assert "names OVLT_TEST_KEY, which is not set" in line
    monkeypatch.setenv("OVLT_TEST_KEY", SECRET)
    good.write_text(text.replace(ENDPOINT, f"{ENDPOINT}\n    api_key_env: OVLT_TEST_KEY"))
    assert SECRET not in repr(load_recipe(good))


def test_a_model_that_stands_beside_the_recipe_is_local_too(complain: Complain, good: Path) -> None:
    (good.parent / "org/brain").mkdir(parents=True)
    assert "org/brain is a local path" in complain()[0]


def test_sampling_may_not_end_before_curation_has_enough(complain: Complain) -> None:
    (line,) = complain(sets=["reason.samples={max: 8, until: {correct: 1}}", "curate.0.min_correct=2"])
    assert "curate: asks for min_correct 2 of 1 correct samples, where sampling ends" in line


def test_short_forms_mean_the_long_ones() -> None:
    assert Step.model_validate({"min_correct": 2}) == Step.model_validate({"min_correct": {"default": 2}})
    assert Step.model_validate({"min_correct": {"choice": 2}}).min_correct == {"default": 1, "choice": 2}
    select = Step.model_validate({"select": "first"}).select
    assert select is not None
    assert (select.by, select.keep) == ("first", 1)


def test_a_grpo_recipe_may_filter_problems(good: Path) -> None:
    good.write_text(
        good.read_text().replace("kind: sft", "kind: grpo").replace("select: shortest", "mark: {min_correct: 2}")
    )
    assert load_recipe(good).build.kind == "grpo"


def test_a_hosted_api_that_takes_more_gets_it_in_the_body(good: Path) -> None:
    overrides = ["models.brain.provider=openai", "models.brain.extra_body={top_k: 20}"]
    assert load_recipe(good, overrides).models["brain"].extra_body == {"top_k": 20}


def test_one_greedy_sample_is_fine(good: Path) -> None:
    assert load_recipe(good, ["models.brain.sampling.temperature=0", "reason.samples=1"]).reason is not None


@pytest.mark.parametrize(
    ("said", "caption", "expected"),
    [(None, "{model: eye}", True), (None, "", False), ("false", "{model: eye}", False), ("true", "", True)],
    ids=["reasons-from-captions", "sees-itself", "said-no", "said-yes"],
)
def test_who_is_expected_to_reason(good: Path, said: str | None, caption: str, expected: bool) -> None:
    overrides = [f"caption={caption}", *([f"models.brain.reasoning={said}"] if said else [])]
    recipe = load_recipe(good, overrides)
    assert recipe.expects_reasoning("brain") is expected
    assert not recipe.expects_reasoning("eye")


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Sampling().temperature = 0.5  # type: ignore[misc]  # that is what is tested


def test_a_recipe_made_in_code_keeps_names_as_they_are() -> None:
    content: dict[str, Any] = {
        "name": "a",
        "problems": {"sources": [{"source": "rows", "path": "not/here.jsonl"}]},
        "samples": {"from": "not/there.jsonl"},
        "build": {"kind": "sft"},
    }
    assert Recipe.model_validate(content).problems.sources[0].path == "not/here.jsonl"
