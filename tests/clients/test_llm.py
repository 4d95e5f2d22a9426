"""A plain user: the `llm` command, which knows nothing of us but an address."""

import os
import subprocess
import sys
from pathlib import Path

from .conftest import MODEL, TEXT, Place

MODELS = """\
- model_id: here
  model_name: {model}
  api_base: {url}/v1
"""


def test_the_llm_command_gets_its_answer(place: Place, tmp_path: Path) -> None:
    """Streamed, as it prints it."""
    (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(model=MODEL, url=place.url))
    said = subprocess.run(
        [str(Path(sys.executable).parent / "llm"), "-m", "here", "Why?", "--key", "k"],
        env=os.environ | {"LLM_USER_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout.strip() == TEXT.strip()
