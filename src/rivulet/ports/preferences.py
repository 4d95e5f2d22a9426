"""What each user has chosen, wherever they use the page."""

from collections.abc import Mapping
from typing import Protocol


class KeptPreferences(Protocol):
    """Words by the name of the preference; a name that nobody chose is not there. `user_id` is None for the
    holder of a key that speaks for the whole tenant."""

    async def put(self, tenant_id: str, user_id: str | None, chosen: Mapping[str, str]) -> None:
        """These instead of what was chosen before; the others stay. Survives power loss."""
        ...

    async def of_user(self, tenant_id: str, user_id: str | None) -> dict[str, str]: ...
