"""Places that matter to a fleet, and when a vehicle is in one."""
