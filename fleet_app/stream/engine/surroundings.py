"""What the engine is given: the world behind its ports, and the few numbers that an operator decides."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from fleet_app.stream.engine.fail_points import FailPoints
from fleet_app.stream.engine.ports import Changelogs, Clock, NewProducer, Sources, Stores
from fleet_app.stream.engine.views import GlobalViews


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The world.

    Attributes:
        new_producer: Makes the producer of a partition, not yet started.
        changelogs: Reads changelogs for restores.
        standby_changelogs: Reads changelogs for standbys.
        sources: The group's consumer.
        views: The worker's global views; loaded and followed with the tasks.
        stores: The tasks' stores on this machine.
        partition_of: The partition of a raw key, in every topic.
        clock: Time.
        chance: Spreads the tasks' commits over the interval.
        fail_points: Told of every step of commit and restore.
    """

    new_producer: NewProducer
    changelogs: Changelogs
    standby_changelogs: Changelogs
    sources: Sources
    views: GlobalViews
    stores: Stores
    partition_of: Callable[[bytes], int]
    clock: Clock
    chance: random.Random
    fail_points: FailPoints


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What an operator decides.

    Attributes:
        app_id: First part of the changelogs' names.
        commit_interval_s: How often each task commits, if anything has changed.
        stops_at_dead_letter_limit: Whether a worker stops when too many records of a partition fail.
    """

    app_id: str
    commit_interval_s: float
    stops_at_dead_letter_limit: bool = True
