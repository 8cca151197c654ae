"""What goes beside an export's rows: the lines of the trainer's configuration that name its columns and pixel cap."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from ovlt_data.publish.manifest import Manifest

Files = Mapping[str, str]


def write_snippets(folder: Path, trainer: str, manifest: Manifest, *, max_pixels: int) -> None:
    for name, text in _SNIPPETS[trainer](manifest, max_pixels).items():
        (folder / name).write_text(text, "utf-8")


def _trl(manifest: Manifest, max_pixels: int) -> Files:
    config = {"dataset_name": "<this folder>", "max_length": None}
    note = f"# pixels are capped in the processor: AutoProcessor.from_pretrained(model, max_pixels={max_pixels})\n"
    files = {"trl.yaml": note + yaml.safe_dump(config)}
    reward = "from ovlt_train.rewards import correct_answer as correct_answer  # reward_funcs=correct_answer\n"
    return files | {"reward.py": reward} if manifest.kind == "grpo" else files


def _llamafactory(manifest: Manifest, max_pixels: int) -> Files:
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    entry = {"formatting": "sharegpt", "columns": {"messages": "messages", "images": "images"}, "tags": tags}
    splits = ["train", *(["validation"] if manifest.validation_rows else [])]
    info = {f"{manifest.name}-{split}": {"file_name": f"{split}.parquet", **entry} for split in splits}
    config = {
        "dataset_dir": "<this folder>",
        "dataset": f"{manifest.name}-train",
        "stage": "sft",
        "template": "qwen2_vl",
        "image_max_pixels": max_pixels,
    }
    return {"dataset_info.json": json.dumps(info, indent=2) + "\n", "llamafactory.yaml": yaml.safe_dump(config)}


def _easyr1(manifest: Manifest, max_pixels: int) -> Files:
    data = {
        "train_files": "<this folder>/train.parquet",
        "prompt_key": "problem",
        "answer_key": "answer",
        "image_key": "images",
        "format_prompt": "<this folder>/format_prompt.jinja",
        "min_pixels": min(262144, max_pixels),
        "max_pixels": max_pixels,
    }
    reward = {"reward_type": "batch", "reward_function": "<this folder>/reward.py:compute_score"}
    config = yaml.safe_dump({"data": data, "worker": {"reward": reward}}, sort_keys=False)
    return {"easyr1.yaml": config, "format_prompt.jinja": "{{ content | trim }}\n"}


def _verl(manifest: Manifest, max_pixels: int) -> Files:
    data = {"train_files": "<this folder>/train.parquet", "image_key": "images"}
    if manifest.kind == "sft":
        return {"verl.yaml": yaml.safe_dump({"data": data | {"messages_key": "messages"}}, sort_keys=False)}
    config = {
        "data": data | {"prompt_key": "prompt", "reward_fn_key": "data_source"},
        "custom_reward_function": {"path": "<this folder>/reward.py", "name": "compute_score"},
    }
    note = f"# pixels are capped in the processor: max_pixels={max_pixels} in the model's preprocessor_config.json\n"
    return {"verl.yaml": note + yaml.safe_dump(config, sort_keys=False)}


def _swift(manifest: Manifest, max_pixels: int) -> Files:
    reward = "  --external_plugins reward.py --reward_funcs ovlt \\\n" if manifest.kind == "grpo" else ""
    command = "rlhf --rlhf_type grpo" if manifest.kind == "grpo" else "sft"
    return {"swift.sh": f"MAX_PIXELS={max_pixels} swift {command} \\\n{reward}  --dataset train.parquet\n"}


_SNIPPETS: Mapping[str, Callable[[Manifest, int], Files]] = {
    "trl": _trl,
    "llamafactory": _llamafactory,
    "easyr1": _easyr1,
    "verl": _verl,
    "ms-swift": _swift,
}
