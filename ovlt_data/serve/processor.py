"""Qwen2.5-VL's processor without its video half.

The stock class wants a video processor, and that one needs torchvision. Pictures don't, so the embedded server and
the training script use this subclass. It has the stock class's name, because a saved folder names the class that
opens it: vLLM and others open ours as usual.
"""

from pathlib import Path
from typing import Any

import transformers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin


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


def load_processor(folder: Path) -> Qwen2_5_VLProcessor:
    """The processor of a saved Qwen2.5-VL, whichever release of transformers wrote it."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    pictures = Qwen2VLImageProcessorPil.from_pretrained(folder)
    return Qwen2_5_VLProcessor(pictures, tokenizer, chat_template=tokenizer.chat_template)
