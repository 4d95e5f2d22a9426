"""Where code stands in Markdown that is still being written."""

import re

from rivulet.domain.fences import BEFORE_FENCE

_TOKEN = re.compile(r"(?P<run>`+|~~~+)|(?P<line>\n)|(?P<escaped>\\[^\n]?)|[^`~\n\\]+|~")


class Code:
    """Whether the text goes on inside code. `read` it up to a place where no run of backticks is cut in two.

    Looking ahead is impossible in a stream, so a backtick opens code at once, and a line end closes code that
    is not fenced: a stray backtick costs the marks of its line, not those of the whole answer.
    """

    __slots__ = ("_at_line_start", "_fence", "_inline", "_opening")

    def __init__(self) -> None:
        self._fence = ""  # the run that opened the fenced block we are in
        self._opening = ""  # a run that opens one if its line has no second run
        self._inline = 0  # backticks that close the code span we are in
        self._at_line_start = True

    @property
    def is_open(self) -> bool:
        return bool(self._fence or self._inline)

    def read(self, text: str) -> None:
        for match in _TOKEN.finditer(text):
            if match["line"]:
                self._end_line()
                continue
            if run := match["run"]:
                self._take_run(run)
            elif self._inline and match["escaped"] == "\\`":
                self._take_run("`")  # a backslash means nothing inside code
            if self._at_line_start and match[0].strip(BEFORE_FENCE):
                self._at_line_start = False

    def _end_line(self) -> None:
        if self._opening:
            self._fence, self._opening = self._opening, ""
        self._inline = 0
        self._at_line_start = True

    def _take_run(self, run: str) -> None:
        if self._fence:
            if self._at_line_start and run[0] == self._fence[0] and len(run) >= len(self._fence):
                self._fence = ""
        elif run[0] == "~":
            if self._at_line_start and not self._inline:
                self._fence = run
        elif self._inline:
            self._opening = ""
            if len(run) == self._inline:
                self._inline = 0
        else:
            self._inline = len(run)
            if self._at_line_start and len(run) >= 3:
                self._opening = run
