"""Failures an operator can act on. Each names the thing, the value, and what to do next.

A command that ends in one of these prints its message on one line, without a traceback, and exits with the
class's `exit_code`, so that a supervisor or a script can tell them apart.
"""

from typing import ClassVar


class FleetError(Exception):
    """A failure with a message written for the person who started the program."""

    exit_code: ClassVar[int] = 1


class SettingsError(FleetError):
    """One or more settings have values that cannot be used; the message lists all of them."""

    exit_code = 2


class BrokerError(FleetError):
    """Kafka cannot be reached, fetched, started or stopped."""

    exit_code = 3


class TopicsError(FleetError):
    """A topic is missing, or exists with settings the app cannot work with."""

    exit_code = 4


class StateError(FleetError):
    """The state directory cannot be written, or another worker holds it."""

    exit_code = 5


class PortError(FleetError):
    """The HTTP port is taken, or the address may not be bound."""

    exit_code = 6


class InputError(FleetError):
    """A file or argument given on the command line cannot be used."""

    exit_code = 7


class WorkerError(FleetError):
    """A worker cannot go on, or a supervisor gave up on its workers."""

    exit_code = 8


class EngineError(FleetError):
    """The engine would have to lose, double or guess something to go on, and stops instead."""

    exit_code = 9
