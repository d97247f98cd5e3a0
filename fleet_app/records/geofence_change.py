"""`fleet.geofence-changes`: what somebody wants a geofence to be."""

import msgspec

from fleet_app.domain.geofences.geofence import Geofence
from fleet_app.domain.revisions import RequestId, Revision


class GeofenceChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of `fleet.geofence-changes`; the record's key is the geofence's id.

    Attributes:
        request_id: What the change is known by; whoever asked finds out by it what became of it.
        seen_revision: The revision that whoever asked had seen, 0 for none; None overwrites whatever there is.
        geofence: What it shall be; its own revision says nothing. None deletes it.
        tenant: Whose whoever asked is: what there is of another tenant's stays as it is. None for all tenants'.
    """

    request_id: RequestId
    seen_revision: Revision | None
    geofence: Geofence | None
    tenant: str | None = None
