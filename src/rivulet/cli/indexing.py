"""What `rivulet serve` tells in the terminal: the address, a bar for each folder, what was read and what was
not."""

import os
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from rivulet.cli.visible import line
from rivulet.domain.errors import RivuletError
from rivulet.knowledge.ingest import Outcome
from rivulet.wiring import House

console = Console(stderr=True, highlight=False)


async def index(house: House, paths: tuple[Path, ...], url: str) -> None:
    """One folder after the other, each with a bar and a line about what came of it."""
    console.print(f"Rivulet answers at [bold]{url}/[/bold]   (Ctrl-C stops it)")
    if not house.settings.model.startswith(("openai:", "ollama:")) and os.environ.get("OPENAI_API_KEY"):
        console.print("OPENAI_API_KEY is set: answers come from a model with --model openai:NAME.")
    columns = (TextColumn("Indexing {task.fields[name]}", markup=False), BarColumn(), MofNCompleteColumn())
    for path in paths:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None, name=line(str(path)))
            try:
                outcome = await house.index(path, _advancing(bar, task))
            except RivuletError as problem:
                words = f"{path} was not indexed: {problem.message}"
                console.print(line(words), style="red", markup=False)
                continue
        _tell(path, outcome)


def _advancing(bar: Progress, task: TaskID) -> Callable[[int, int, str], None]:
    return lambda done, total, _: bar.update(task, completed=done, total=total)


def _tell(path: Path, outcome: Outcome) -> None:
    """What a run over a folder did."""
    source, tally = outcome.source, outcome.tally
    console.print(
        f"{line(str(path))}: {source.document_count} documents, {source.chunk_count} chunks "
        f"({tally.indexed} indexed now, {tally.unchanged} unchanged, {tally.removed} removed)",
        markup=False,
    )
    if source.failed_count:
        words = f"{line(source.error_message or '')} `rivulet docs status` has the reasons."
        console.print(words, style="yellow", markup=False)
