"""What doors, views and the live feed share: who asks and what they may, how errors look, the one listening socket."""
