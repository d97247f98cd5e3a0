"""The one place that reads the environment.

Every setting is a field of `Settings` and an environment variable `FLEET_<FIELD>`. The README's table is made
from this class and a test compares them.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from fleet_app.domain.profiles.devices import UnknownDevices
from fleet_app.domain.vehicle_class import VehicleClass
from fleet_app.errors import SettingsError

PREFIX: Final = "FLEET_"
_VISIBLE: Final = re.compile(r"[!-~]+")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


class Security(StrEnum):
    """How the connection to Kafka is protected (Kafka's `security.protocol`)."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class SaslMechanism(StrEnum):
    """How the app identifies itself to Kafka."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


def _off_is_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "off" else value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


NumberOrOff = Annotated[float | None, BeforeValidator(_off_is_none)]


def _user_dir(variable: str, fallback: str) -> Path:
    """Return the user's directory for this app by the XDG base directory rules."""
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / fallback) / "fleet"


class Settings(BaseSettings):
    """What the operator decides. Immutable; prints itself with secrets masked."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    app_id: str = Field(
        "fleet",
        pattern=r"^[a-zA-Z0-9._-]{1,100}$",
        description="Consumer group, and first part of the changelogs' names.",
    )
    broker: str = Field("localhost:9092", description="Kafka bootstrap servers, `host:port`, comma-separated.")
    broker_wait_s: float = Field(30.0, ge=0, description="How long to wait for Kafka at start before giving up.")
    broker_security: Security = Field(Security.PLAINTEXT, description="Kafka's `security.protocol`.")
    broker_ca_file: Path | None = Field(None, description="CA certificates to trust for Kafka (PEM).")
    broker_cert_file: Path | None = Field(None, description="Client certificate for Kafka (PEM).")
    broker_key_file: Path | None = Field(None, description="Private key of the client certificate (PEM).")
    broker_sasl_mechanism: SaslMechanism = Field(
        SaslMechanism.SCRAM_SHA_512, description="SASL mechanism, with a SASL protocol."
    )
    broker_username: str | None = Field(None, description="SASL user name.")
    broker_password: SecretStr | None = Field(None, description="SASL password.")
    partitions: int = Field(
        8,
        ge=1,
        le=1024,
        description="Partitions of every topic and table. Fixed for life: at least four times the workers you expect.",
    )
    replication: int = Field(
        1, ge=1, le=10, description="Replication factor of topics the app creates. Use 3 in production."
    )
    standbys: int = Field(1, ge=0, le=5, description="Workers that keep a warm copy of each partition's tables.")
    session_timeout_s: float = Field(
        10.0,
        ge=1,
        le=300,
        description="Silence after which Kafka gives a dead worker's partitions to others.",
    )
    heartbeat_s: float = Field(1.0, ge=0.1, le=60, description="How often a worker tells Kafka that it lives.")
    commit_interval_s: float = Field(0.5, ge=0.05, le=60, description="How often progress is made durable.")
    dead_letter_limit: bool = Field(
        default=True,
        description="Stop a worker when 10,000 records of a partition fail in a row, or more than half within five "
        "minutes; `false` goes on regardless.",
    )
    fail_at: str | None = Field(
        None,
        pattern=r"^(commit|restore)-[0-9a-z-]+:[1-9][0-9]*(:raise)?$",
        description="For tests of the engine: `<step>:<n>` kills the worker when it passes a step of commit or restore "
        "for the n-th time, `<step>:<n>:raise` makes the step fail.",
    )
    max_age_s: NumberOrOff = Field(
        86_400.0, ge=0, description="Positions older than this on arrival are refused; `off` takes any age."
    )
    max_skew_s: float = Field(
        60.0, ge=0, description="Positions further in the future than this on arrival are refused."
    )
    reorder_s: float = Field(
        5.0,
        ge=0,
        le=300,
        description="How far out of order a vehicle's fixes may come; what comes later still revises what was told.",
    )
    max_accuracy_m: float = Field(
        200.0, gt=0, description="Positions whose device says that it may be further off are refused."
    )
    vehicle_class: VehicleClass = Field(
        VehicleClass.VAN, description="What vehicles are: says how fast is impossible, and how fast is overspeed."
    )
    unknown_devices: UnknownDevices = Field(
        UnknownDevices.ACCEPT,
        description="What becomes of positions of a device or vehicle that no profile names: `accept`, where a device "
        "is a vehicle by its own id, or `refuse`.",
    )
    vehicle_ttl_d: NumberOrOff = Field(
        90.0,
        ge=1,
        allow_inf_nan=False,
        description="Days without a position after which a vehicle is forgotten; `off` keeps all.",
    )
    timezone: str = Field(
        "UTC", description="IANA time zone, such as `Europe/Berlin`, that says when a day begins and ends."
    )
    host: str = Field("127.0.0.1", description="Address the HTTP API binds. Other than loopback needs `FLEET_API_KEY`.")
    port: int = Field(8080, ge=1, le=65_535, description="Port of the HTTP API; further workers take the next ones.")
    advertised_url: str | None = Field(
        None,
        description="How other workers reach this one. Stable and unique; default `http://<host>:<port>`.",
    )
    api_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="The operator's key, which may do everything. Once set, every request needs a key: this one, or "
        "one made with it. Goes with `FLEET_CLUSTER_SECRET`.",
    )
    cluster_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="What workers know each other by, and sign sessions with: the same for all, known to nobody else. "
        "Goes with `FLEET_API_KEY`.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins whose pages may call the API from a browser, with a key and never with a session, "
        "comma-separated: `https://tms.example`. None by default.",
    )
    map_tiles: Path | None = Field(
        None, description="Map of the operator's region for the dashboard: a `.pmtiles` file, which the worker serves."
    )
    map_style_url: str | None = Field(
        None,
        description="Style (MapLibre) that the dashboard draws its map by, tiles included: `https://…`. Browsers that "
        "show the dashboard ask that host then; by default they ask nobody but the workers.",
    )
    state_dir: Path = Field(
        default_factory=lambda: _user_dir("XDG_STATE_HOME", ".local/state"),
        description="Where workers keep their copy of the state, each in a folder `worker-<port>` inside.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: _user_dir("XDG_CACHE_HOME", ".cache"),
        description="Where the local broker's files are kept once fetched.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")
    log_format: Literal["text", "json"] = Field("text", description="`json` writes one object per line.")

    _none_if_empty: ClassVar[Any] = field_validator(
        "advertised_url", "api_key", "cluster_secret", "fail_at", "map_tiles", "map_style_url", mode="before"
    )(_empty_is_none)

    @field_validator("broker")
    @classmethod
    def _broker_is_a_list_of_servers(cls, value: str) -> str:
        for server in value.split(","):
            host, _, port = server.strip().rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65_536:  # noqa: PLR2004 - the range of ports
                raise ValueError(f"{server.strip()!r} is not host:port")
        return ",".join(server.strip() for server in value.split(","))

    @field_validator("api_key", "cluster_secret")
    @classmethod
    def _secret_fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and _VISIBLE.fullmatch(value.get_secret_value()) is None:
            raise ValueError("it may hold visible ASCII characters only, no spaces: `openssl rand -hex 32` makes one")
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins_are_comma_separated(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if _ORIGIN.fullmatch(origin) is None:
                raise ValueError(f"{origin!r} is no origin as browsers send it, such as https://tms.example")
        return value

    @field_validator("advertised_url")
    @classmethod
    def _advertised_url_is_a_base_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError(f"{value!r} is not http(s)://host:port")
        return value.rstrip("/")

    @field_validator("map_style_url")
    @classmethod
    def _map_style_has_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        # It goes into the page's policy: a host that is written in another way could say something else there.
        if _VISIBLE.fullmatch(value) is None or _ORIGIN.fullmatch(f"{parts.scheme}://{parts.netloc}".lower()) is None:
            raise ValueError(f"{value!r} is not http(s)://host/path")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Berlin") from error
        return value

    @model_validator(mode="after")
    def _values_fit_together(self) -> Self:
        problems = []
        if not is_loopback(self.host) and self.api_key is None:
            problems.append(
                f"FLEET_HOST {self.host!r} can be reached from other machines: set FLEET_API_KEY (16 characters "
                "or more) and FLEET_CLUSTER_SECRET (32 or more), or bind 127.0.0.1"
            )
        if self.cluster_secret is not None and self.api_key is None:
            problems.append("FLEET_CLUSTER_SECRET is set and FLEET_API_KEY is not: set both, or neither")
        if self.cors_origins and self.api_key is None:
            problems.append(
                "FLEET_CORS_ORIGINS names who may ask with a key, and nobody is asked for one: set FLEET_API_KEY"
            )
        if self.heartbeat_s * 3 > self.session_timeout_s:
            problems.append(
                f"FLEET_HEARTBEAT_S {self.heartbeat_s:g} must be at most a third of FLEET_SESSION_TIMEOUT_S "
                f"{self.session_timeout_s:g}"
            )
        if self.broker_security in (Security.SASL_PLAINTEXT, Security.SASL_SSL) and (
            self.broker_username is None or self.broker_password is None
        ):
            problems.append(
                f"FLEET_BROKER_SECURITY {self.broker_security} needs FLEET_BROKER_USERNAME and FLEET_BROKER_PASSWORD"
            )
        if (self.broker_cert_file is None) != (self.broker_key_file is None):
            problems.append("FLEET_BROKER_CERT_FILE and FLEET_BROKER_KEY_FILE go together")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def check_serving(self) -> None:
        """Refuse to be a worker with a key to ask for, and nothing that workers know each other by.

        Who only asks workers has a key and no more.

        Raises:
            SettingsError: It is so.
        """
        if self.api_key is not None and self.cluster_secret is None:
            raise SettingsError(
                "FLEET_API_KEY is set and FLEET_CLUSTER_SECRET is not: workers need both, or neither; "
                "`openssl rand -hex 32` makes one"
            )

    @property
    def url(self) -> str:
        """How other workers reach this one."""
        if self.advertised_url is not None:
            return self.advertised_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def worker_dir(self) -> Path:
        """The folder of the worker on this port."""
        return self.state_dir / f"worker-{self.port}"

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Read the environment; `given` (a command line's options) wins where it is not None.

        Raises:
            SettingsError: Naming every value that cannot be used.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(_explain(error, given)) from error

    def origins(self, given: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Say for every setting where its value comes from: an option, a variable, or the default."""
        options = {name for name, value in (given or {}).items() if value is not None}
        return {name: _origin(name, options) for name in type(self).model_fields}


def _origin(name: str, options: set[str]) -> str:
    if name in options:
        return f"--{name.replace('_', '-')}"
    variable = PREFIX + name.upper()
    return variable if os.environ.get(variable) else "default"


def _explain(error: ValidationError, given: Mapping[str, Any]) -> str:
    """One line per bad value: the variable, what is wrong, and the value (secrets left out)."""
    lines = []
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        message = fault["msg"].removeprefix("Value error, ")
        if not name:
            lines.extend(message.split("; "))
            continue
        source = f"--{name.replace('_', '-')}" if given.get(name) is not None else PREFIX + name.upper()
        shown = "" if _is_secret(name) else f" (it is {fault['input']!r})"
        lines.append(f"{source}: {message}{shown}")
    return "settings cannot be used:\n" + "\n".join(f"  {line}" for line in lines)


def _is_secret(name: str) -> bool:
    field = Settings.model_fields.get(name)
    return field is not None and "SecretStr" in str(field.annotation)


def unknown_variables() -> list[str]:
    """Return `FLEET_…` variables that are set but are no setting: most likely misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def is_loopback(host: str) -> bool:
    """Return whether `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
