"""vehicle_timers: when a vehicle's first open pane closes if no newer fix comes.

Invariant: a vehicle that has open panes and had a fix since version 2 of `vehicles` has a timer. It may go off too
early, and is armed again then.
"""

from typing import Final

from fleet_app.stream.declarations import timers_table

VEHICLE_TIMERS: Final = timers_table("vehicle_timers", key="vehicle_id", written_by="track_positions")
