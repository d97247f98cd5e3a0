"""How a vehicle moves, fix by fix: its speed, where it rests, how far it went, and how it is driven."""
