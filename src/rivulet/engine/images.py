"""The verb on an answer's images: fetch one that the answer names, for somebody who may read the answer."""

import re

from rivulet.domain.errors import NotFound
from rivulet.domain.tenant import Principal
from rivulet.engine.service import Service
from rivulet.ports.images import Image, Images

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class Picturing:
    """Whoever may read an answer may see what it shows, and may send us nowhere else: the address must stand
    in that answer's text."""

    def __init__(self, service: Service, images: Images) -> None:
        self._service = service
        self._images = images

    async def image(self, who: Principal, turn_id: str, url: str) -> Image:
        """Also while the answer is being written. Raises NotFound, ImageError."""
        turn = await self._service.get(who, turn_id)
        if not stands_in(url, turn.text):
            raise NotFound("This answer does not name such an image.")
        return await self._images.fetch(url)


def stands_in(url: str, text: str) -> bool:
    """Whole, as Markdown has addresses: after a blank or an opening bracket, before a blank or a closing one;
    with or without the backslashes in which some models put their punctuation."""
    if not url:
        return False
    whole = re.compile(rf"(?<![^\s(<]){re.escape(url)}(?![^\s)>])")
    return bool(whole.search(text) or whole.search(_ESCAPED.sub(r"\1", text)))
