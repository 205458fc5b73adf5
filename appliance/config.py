"""The configuration file: TOML, unknown keys refused, every error with file, line and reason."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

DEFAULT_PATH = Path("/etc/hcc/hcc.toml")


class ConfigError(Exception):
    """The configuration cannot be used; the message says file, line and reason."""


type Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
type Folder = Annotated[str, msgspec.Meta(pattern="^/")]
type DatabaseUrl = Annotated[str, msgspec.Meta(pattern=r"^(sqlite\+aiosqlite:///|postgresql\+psycopg://)")]


class DatabaseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: DatabaseUrl = "sqlite+aiosqlite:////var/lib/hcc/hcc.db"


class PathsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Folder = "/var/lib/hcc"
    recordings: Folder = "/var/lib/hcc/recordings"
    prompts: Folder = "/var/lib/hcc/prompts"
    pbx: Folder = "/var/lib/hcc/pbx"
    pbx_database: Folder = "/var/lib/asterisk-db"
    speech: Folder = "/opt/hcc/speech"
    spool: Folder = "/var/spool/asterisk/hcc"


class ListenConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str = "127.0.0.1"
    port: Port = 0


class PbxConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ari_url: str = "http://127.0.0.1:8088/ari"
    user: str = "hcc"
    secret_file: str = "/run/hcc/ari.secret"  # noqa: S105 - a path
    console: str = "/run/asterisk/asterisk.ctl"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that must be known before the database can be opened; the rest is settings in the database."""

    database: DatabaseConfig = DatabaseConfig()
    paths: PathsConfig = PathsConfig()
    desk: ListenConfig = ListenConfig(port=8701)
    admin: ListenConfig = ListenConfig(port=8702)
    pbx: PbxConfig = PbxConfig()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    time_zone: str = "Asia/Shanghai"


def _line_of(text: str, path: str) -> int:
    """The line on which the key named by a msgspec path (`$.database.url`) stands; 1 when not found."""
    parts = [part.split("[", maxsplit=1)[0] for part in path.removeprefix("$").strip(".").split(".") if part]
    section = parts[0] if len(parts) > 1 else ""
    current = ""
    fallback = 1
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            current = stripped.strip("[] ")
            if current == (parts[0] if parts else None):
                fallback = number
        elif parts and current == section and stripped.split("=", maxsplit=1)[0].strip() == parts[-1]:
            return number
    return fallback


def _unknown_field_path(message: str) -> str:
    """Where msgspec's «unknown field» stands, as a path to the key itself."""
    field = message.split("`")[1]
    where = message.split(" - at `", maxsplit=1)[1].rstrip("`") if " - at `" in message else "$"
    return f"{where}.{field}"


def read[T](text: str, origin: str, kind: type[T]) -> T:
    """Read TOML `text` as a `kind`; `origin` is named in errors. Raises ConfigError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: {error}") from error
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        if "unknown field" in message:
            path = _unknown_field_path(message)
        else:
            path = message.split(" - at `", maxsplit=1)[1].rstrip("`") if " - at `" in message else "$"
        raise ConfigError(f"{origin}: line {_line_of(text, path)}: {message}") from error


def parse(text: str, origin: str) -> Config:
    """Read configuration `text`; `origin` is named in errors. Raises ConfigError."""
    config = read(text, origin, Config)
    try:
        ZoneInfo(config.time_zone)
    except (OSError, ValueError, KeyError) as error:
        line = _line_of(text, "$.time_zone")
        raise ConfigError(
            f"{origin}: line {line}: unknown time zone {config.time_zone!r} - at `$.time_zone`"
        ) from error
    return config


def load(path: Path = DEFAULT_PATH) -> Config:
    """Read the file at `path`; an absent file means all defaults. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return parse(text, str(path))
