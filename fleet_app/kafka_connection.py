"""How to connect to the Kafka that the settings name."""

import ssl
from typing import TYPE_CHECKING, Any

from fleet_app.errors import SettingsError
from fleet_app.settings import Security, Settings

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT

_WITH_SASL = (Security.SASL_PLAINTEXT, Security.SASL_SSL)
_WITH_TLS = (Security.SSL, Security.SASL_SSL)


def client_options(settings: Settings) -> dict[str, Any]:
    """Return aiokafka's keyword arguments: servers, TLS and SASL."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.broker,
        "security_protocol": settings.broker_security.value,
    }
    if settings.broker_security in _WITH_TLS:
        options["ssl_context"] = _tls(settings)
    if settings.broker_security in _WITH_SASL:
        options["sasl_mechanism"] = settings.broker_sasl_mechanism.value
        options["sasl_plain_username"] = settings.broker_username
        options["sasl_plain_password"] = _password(settings)
    return options


def faust_credentials(settings: Settings) -> "CredentialsT | None":
    """Return the same for Faust, None for a plain connection."""
    from faust.auth import SASLCredentials, SSLCredentials  # noqa: PLC0415 - commands without a worker start quicker

    context = _tls(settings) if settings.broker_security in _WITH_TLS else None
    if settings.broker_security in _WITH_SASL:
        return SASLCredentials(
            username=settings.broker_username,
            password=_password(settings),
            ssl_context=context,
            mechanism=settings.broker_sasl_mechanism.value,
        )
    return None if context is None else SSLCredentials(context)


def _password(settings: Settings) -> str | None:
    return None if settings.broker_password is None else settings.broker_password.get_secret_value()


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.broker_ca_file)
        if settings.broker_cert_file is not None:
            context.load_cert_chain(settings.broker_cert_file, settings.broker_key_file)
    except OSError as error:
        raise SettingsError(f"certificates for Kafka cannot be read: {error}") from error
    return context
