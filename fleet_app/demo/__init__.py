"""The bundled fleet: recorded on real streets, for a first look without a vehicle.

`recording` is what they did, `replay` plays it for ever, `receiver` adds what GPS adds, `fleet` puts these together,
`dirt` spoils a little of it, `feed` posts it, `stage` runs the demo, `commands` is `fleet demo`.
`tools/record_demo.py` made the recording.
"""
