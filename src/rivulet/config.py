"""Settings: what the command line, the environment and `rivulet.toml` say, checked once at start."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from rivulet.domain.bot import Interval, Limits
from rivulet.domain.errors import RivuletError
from rivulet.domain.prices import Price


class BadSettings(RivuletError):
    """A setting is wrong."""

    code = "bad_settings"
    status = 400


class PublishableKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that may stand in a page, for pages of these origins only."""

    key: Annotated[str, msgspec.Meta(pattern=r"^pk_[A-Za-z0-9_-]{16,128}$")]
    origins: tuple[Annotated[str, msgspec.Meta(pattern=r"^https?://[a-z0-9.\-\[\]:]+$")], ...]
    bot_id: str = "default"
    visitor_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 10
    address_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 60


Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Later wins: defaults, `rivulet.toml` in the data directory, the environment, the command line.

    `models` are further ones that a request may name although their plug is not open to requests;
    `dialects_off` are the protocols this server does not answer in; `publishable_keys` are for the widget
    and no secrets. Secrets
    (`api_key`, providers' keys) come from the environment only and are never shown by `repr`.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8321
    data_dir: Path = Path(".rivulet")
    model: str = "extractive"
    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    top_k: Annotated[int, msgspec.Meta(ge=1)] = 6
    instructions: str = ""
    limits: Limits = Limits()
    heartbeat_s: Interval = 10.0
    drain_s: Seconds = 10.0
    disconnect_grace_s: Seconds = 5.0
    max_connection_s: Interval = 600.0
    stall_s: Interval = 10.0
    allowed_hosts: tuple[str, ...] = ()
    private_hosts: tuple[str, ...] = ()
    sandbox_origin: Annotated[
        str, msgspec.Meta(pattern=r"\A(https?://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?)?\Z")
    ] = ""
    retry_interrupted: bool = False
    dialects_off: tuple[str, ...] = ()
    publishable_keys: tuple[PublishableKey, ...] = ()
    prices: dict[str, Price] = {}

    @property
    def sandbox_host(self) -> str:
        """The name in `sandbox_origin`; empty when there is none."""
        return hostname(self.sandbox_origin.partition("://")[2])


def load(data_dir: Path, overrides: Mapping[str, object]) -> Settings:
    """Raises `BadSettings` naming the setting; an unknown or mistyped one never passes silently."""
    path = data_dir / "rivulet.toml"
    values: dict[str, object] = {}
    if path.is_file():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise BadSettings(f"{path}: {problem}") from None
    values |= {name: value for name, value in overrides.items() if value is not None}
    values["data_dir"] = data_dir
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as problem:
        raise BadSettings(f"settings: {problem}") from None
    if len({each.key for each in settings.publishable_keys}) < len(settings.publishable_keys):
        raise BadSettings("settings: a publishable key is there twice.")
    _check_sandbox(settings)
    return settings


def hostname(host: str) -> str:
    """`[::1]:80` → `[::1]`, `localhost:80` → `localhost`, and `localhost.`, which is the same, too."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def _check_sandbox(settings: Settings) -> None:
    """A browser gives a process of its own to another host, not to another port; and whoever may hold the
    sandbox must be known by name."""
    host = settings.sandbox_host
    if host and host in map(hostname, (settings.host, *settings.allowed_hosts)):
        raise BadSettings(f"settings: sandbox_origin needs a host of its own; {host} has the page.")
    if host and settings.host in ("0.0.0.0", "::") and not settings.allowed_hosts:  # noqa: S104
        raise BadSettings("settings: with sandbox_origin, allowed_hosts must name the hosts of the page.")


def api_key(environment: Mapping[str, str] = os.environ) -> str | None:
    """The one key this server takes, or None for a server that only listens on loopback."""
    return environment.get("RIVULET_API_KEY") or None
