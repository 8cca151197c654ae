"""Qwen2.5-VL's processor without its video half.

The stock class wants a video processor, and that one needs torchvision. Pictures don't, so the embedded server and
the training script use this subclass. It has the stock class's name, because a saved folder names the class that
opens it: vLLM and others open ours as usual.
"""

import json
import os
from pathlib import Path
from typing import Any

import transformers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

VIDEO = {
    "video_processor_type": "Qwen2VLVideoProcessor",
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
}


class Qwen2_5_VLProcessor(transformers.Qwen2_5_VLProcessor):  # noqa: N801 (the stock name, see above)
    def __init__(
        self,
        image_processor: Qwen2VLImageProcessorPil,
        tokenizer: PreTrainedTokenizerBase,
        chat_template: str | None = None,
        **_: Any,
    ) -> None:
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    def save_pretrained(self, save_directory: str | os.PathLike[str], push_to_hub: bool = False, **kwargs: Any) -> Any:
        """With the words about videos that the stock class asks for where torchvision is installed, as vLLM does."""
        saved = super().save_pretrained(save_directory, push_to_hub=push_to_hub, **kwargs)
        (Path(save_directory) / "video_preprocessor_config.json").write_text(
            json.dumps(VIDEO, indent=2) + "\n", "utf-8"
        )
        return saved


def load_processor(folder: Path) -> Qwen2_5_VLProcessor:
    """The processor of a saved Qwen2.5-VL, whichever release of transformers wrote it."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    pictures = Qwen2VLImageProcessorPil.from_pretrained(folder)
    return Qwen2_5_VLProcessor(pictures, tokenizer, chat_template=tokenizer.chat_template)
