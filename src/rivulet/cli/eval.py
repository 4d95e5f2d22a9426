"""`rivulet eval`: how well the documents are searched and quoted, measured on public questions."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from rivulet.config import BadSettings
from rivulet.knowledge.analyser import ScriptAnalyser
from rivulet.knowledge.evaluation import Figure, evaluate
from rivulet.providers.extractive import Extractive
from rivulet.stores.sqlite.connection import Database
from rivulet.stores.sqlite.knowledge import SqliteKnowledge
from rivulet.wiring import SystemClock

console = Console(highlight=False)


def evaluation(
    data: Annotated[Path | None, Parameter(name="--questions", env_var="RIVULET_TEST_DATA")] = None,
) -> None:
    """Measure search and quotation on public questions; some minutes of one core. Exit status 1 when a target
    is missed.

    Parameters
    ----------
    data
        The folder with the public documents and questions: squad/ and xquad/.
    """
    if data is None or not (data / "xquad").is_dir():
        raise BadSettings(
            "Say where the public questions are: --questions FOLDER, with squad/ and xquad/ in it."
        )
    figures = asyncio.run(_evaluated(data))
    table = Table("figure", "value", "target", "", box=None)
    for figure in figures:
        sign = "≤" if figure.is_limit else "≥"
        target = "" if figure.target is None else f"{sign} {figure.target:g}"
        verdict = "" if figure.target is None else ("held" if figure.is_met else "MISSED")
        table.add_row(figure.name, f"{figure.value:.3f}", target, verdict)
    console.print(table)
    sys.exit(0 if all(figure.is_met for figure in figures) else 1)


async def _evaluated(data: Path) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="rivulet-eval-") as folder:
        db = Database.open(Path(folder), SystemClock())
        try:
            knowledge = SqliteKnowledge(db)
            provider = Extractive(ScriptAnalyser())
            return await evaluate(data, knowledge.sources, knowledge.index, provider)
        finally:
            await db.close()
