"""Who is asking: every verb takes a principal, and every row belongs to its tenant."""

import msgspec


class Principal(msgspec.Struct, frozen=True):
    """A resolved credential. `user_id` is None for a key that speaks for the whole tenant."""

    tenant_id: str
    user_id: str | None = None


LOCAL = Principal(tenant_id="default")
"""The person at this machine, and the holder of the server's own key."""
