from pathlib import Path

import pytest

from rivulet.config import BadSettings, load
from rivulet.domain.prices import Price

PRICED = '[prices."openai:small"]\n'


@pytest.mark.parametrize(
    "wrong",
    [
        "prot = 1",
        "[limits]\ntotl_s = 1",
        'port = "many"',
        "port = -1",
        "port = 65536",
        "top_k = 0",
        "heartbeat_s = 0",
        "heartbeat_s = nan",
        "drain_s = -1",
        "[limits]\nfirst_event_s = -1",
        "port =",
        f"{PRICED}input = 1",
        f"{PRICED}input = -1\noutput = 1",
        f'{PRICED}input = 1\noutput = 1\ncurrency = "euro"',
    ],
)
def test_a_wrong_setting_never_passes_silently(wrong: str, tmp_path: Path) -> None:
    """A misspelt, mistyped or impossible setting is refused, also one within the limits or the prices."""
    (tmp_path / "rivulet.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(BadSettings):
        load(tmp_path, {})


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "rivulet.toml").write_text("port = 1\ntop_k = 3", encoding="utf-8")
    settings = load(tmp_path, {"port": 2, "host": None})
    assert (settings.port, settings.top_k, settings.host) == (2, 3, "127.0.0.1")


def test_models_have_prices(tmp_path: Path) -> None:
    """Each by its name, in its own table."""
    file = tmp_path / "rivulet.toml"
    file.write_text(f"{PRICED}input = 0.25\noutput = 2", encoding="utf-8")
    assert load(tmp_path, {}).prices == {"openai:small": Price(input=0.25, output=2)}
