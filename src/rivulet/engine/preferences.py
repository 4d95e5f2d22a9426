"""The verbs on preferences: read your own, change some of them."""

import msgspec

from rivulet.domain.preferences import Preferences, preferences
from rivulet.domain.tenant import Principal
from rivulet.engine.access import Access
from rivulet.ports.preferences import KeptPreferences


class Preferring:
    """Nobody reads or writes those of anybody else: a request has no way to name whose it means."""

    def __init__(self, access: Access, kept: KeptPreferences) -> None:
        self._access = access
        self._kept = kept

    async def get(self, who: Principal) -> Preferences:
        return preferences(await self._kept.of_user(*self._access.own(who)))

    async def change(self, who: Principal, chosen: Preferences) -> Preferences:
        """What is there in `chosen`, and all the others as they were."""
        words = {name: word for name, word in msgspec.structs.asdict(chosen).items() if word is not None}
        if words:
            await self._kept.put(*self._access.own(who), words)
        return await self.get(who)
