"""Lets torchvision's Python half, which vLLM's image processors import, do without its compiled half.

That half is linked to CUDA and can't load here. Importing torchvision then fails while it registers shape rules for
two of the missing operators, so these are declared beforehand; nothing in serving calls them. `install.sh` copies
this file into the venv, where a .pth file imports it whenever Python starts: vLLM starts processes of its own.
"""

import torch

# The declarations last as long as this object does.
OPERATORS = torch.library.Library("torchvision", "DEF")
for operator in ("nms", "qnms"):
    OPERATORS.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
