"""How the settings become a connection to Kafka, for aiokafka and for Faust."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faust.auth import SASLCredentials, SSLCredentials

from fleet_app.errors import SettingsError
from fleet_app.kafka_connection import client_options, faust_credentials
from fleet_app.settings import Security, Settings

# Of `kafka.example`, signed by itself, used nowhere.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBhzCCAS2gAwIBAgIUcYEg2oF7bnBeJkwuhgYSo+W6fsAwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNa2Fma2EuZXhhbXBsZTAgFw0yNjExMjMwNTEyNTdaGA8yMTI2
MTAzMDA1MTI1N1owGDEWMBQGA1UEAwwNa2Fma2EuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABOsxLdggb0lod8fRHIYhh4xvV1DIX40SjbLWrU1jYJiS
eAc0biAGlerPzonHwF3OyTopYf6NA0EGONWb5EG8SK6jUzBRMB0GA1UdDgQWBBQN
PuQrOgbBQQr7JvucinneH69o5DAfBgNVHSMEGDAWgBQNPuQrOgbBQQr7Jvucinne
H69o5DAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIB1cdzrYY0W1
L+klb3/kR9JyHTjcbTmY5FATdq9dUyivAiEAvpP/r+H3m1/kg51HYXiHyiF0fp3/
lNbFqxwWS9xQehQ=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgithFN+res6VdObKC
oLdoKgdbpknihOmk1+opjqrjlUyhRANCAATrMS3YIG9JaHfH0RyGIYeMb1dQyF+N
Eo2y1q1NY2CYkngHNG4gBpXqz86Jx8Bdzsk6KWH+jQNBBjjVm+RBvEiu
-----END PRIVATE KEY-----
"""
WITH_TLS = [Security.SSL, Security.SASL_SSL]
WITH_SASL = [Security.SASL_PLAINTEXT, Security.SASL_SSL]


def settings(security: Security = Security.PLAINTEXT, **given: Any) -> Settings:
    secret = "open sesame"  # noqa: S105 - not a real one
    return Settings.load(broker_security=security, broker_username="fleet", broker_password=secret, **given)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    (tmp_path / "cert.pem").write_text(CERTIFICATE)
    (tmp_path / "key.pem").write_text(KEY)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


@pytest.mark.parametrize("security", Security)
def test_the_options_name_the_servers_and_the_protocol(security: Security) -> None:
    options = client_options(settings(security, broker="a:1,b:2"))

    assert (options["bootstrap_servers"], options["security_protocol"]) == ("a:1,b:2", security.value)


@pytest.mark.parametrize("security", WITH_SASL)
def test_sasl_sends_the_user_and_the_password(security: Security) -> None:
    chosen = settings(security, broker_sasl_mechanism="SCRAM-SHA-256")
    options, credentials = client_options(chosen), faust_credentials(chosen)

    assert {name: value for name, value in options.items() if name.startswith("sasl")} == {
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "fleet",
        "sasl_plain_password": "open sesame",
    }
    assert isinstance(credentials, SASLCredentials)
    assert (credentials.username, credentials.password) == ("fleet", "open sesame")
    assert credentials.mechanism is not None
    assert credentials.mechanism.value == "SCRAM-SHA-256"
    assert credentials.protocol.value == security.value


@pytest.mark.parametrize("security", WITH_TLS)
def test_tls_checks_the_brokers_certificate_and_name(security: Security) -> None:
    context = client_options(settings(security))["ssl_context"]

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("security", [Security.PLAINTEXT, Security.SASL_PLAINTEXT])
def test_without_tls_no_certificate_is_read(security: Security) -> None:
    assert "ssl_context" not in client_options(settings(security, broker_ca_file=Path("nowhere.pem")))


def test_a_plain_connection_needs_no_credentials() -> None:
    assert faust_credentials(settings()) is None
    assert not any(name.startswith("sasl") for name in client_options(settings()))


def test_faust_is_given_the_same_protection_by_tls_alone() -> None:
    credentials = faust_credentials(settings(Security.SSL))

    assert isinstance(credentials, SSLCredentials)
    assert credentials.protocol.value == "SSL"


def test_the_authorities_to_trust_are_those_of_the_file(certificate: tuple[Path, Path]) -> None:
    context = client_options(settings(Security.SSL, broker_ca_file=certificate[0]))["ssl_context"]

    assert [authority["subject"] for authority in context.get_ca_certs()] == [((("commonName", "kafka.example"),),)]


def test_a_client_certificate_is_loaded_with_its_key(certificate: tuple[Path, Path]) -> None:
    own, key = certificate

    assert client_options(settings(Security.SSL, broker_cert_file=own, broker_key_file=key))["ssl_context"]


@pytest.mark.parametrize("make", [client_options, faust_credentials])
def test_a_certificate_that_cannot_be_read_is_a_matter_of_settings(
    make: Callable[[Settings], object], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"certificates for Kafka cannot be read: .*No such file"):
        make(settings(Security.SSL, broker_ca_file=tmp_path / "nowhere.pem"))


def test_a_file_that_holds_no_certificate_is_a_matter_of_settings(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")

    with pytest.raises(SettingsError, match="certificates for Kafka cannot be read"):
        client_options(settings(Security.SSL, broker_ca_file=tmp_path / "ca.pem"))


def test_a_key_of_another_certificate_is_a_matter_of_settings(certificate: tuple[Path, Path]) -> None:
    own, _ = certificate

    with pytest.raises(SettingsError, match="certificates for Kafka cannot be read"):
        client_options(settings(Security.SSL, broker_cert_file=own, broker_key_file=own))
