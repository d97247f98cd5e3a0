"""How well geofences are told from fixes, against ways of which all is known. Run by hand; README.md says how."""
