"""The bundled fleet: made-up vans on made-up streets, for a first look without a vehicle.

`city` draws the streets, `vans` drives on them, `feed` posts what they report, `commands` is `fleet demo`.
"""
