"""Makes text storable, once, where it comes in: no NUL, no half characters."""


class CleanText:
    """One run of text that comes in pieces; half a character waits for its other half in the next piece."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def clean(self, piece: str) -> str:
        """The piece without NUL; a half that stays alone becomes U+FFFD."""
        if not self._half and piece.isascii():
            return piece.replace("\0", "") if "\0" in piece else piece
        whole = self._half + piece
        self._half = ""
        try:
            whole.encode()
        except UnicodeEncodeError:
            if "\ud800" <= whole[-1] <= "\udbff":
                whole, self._half = whole[:-1], whole[-1]
            whole = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return whole.replace("\0", "") if "\0" in whole else whole

    def rest(self) -> str:
        """What stands for a half that waits in vain."""
        rest, self._half = ("�" if self._half else ""), ""
        return rest


def clean(text: str) -> str:
    """A whole text, cleaned."""
    run = CleanText()
    return run.clean(text) + run.rest()
