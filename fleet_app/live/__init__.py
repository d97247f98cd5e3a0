"""The live feed: every vehicle's newest state, pushed to whoever watches. It only reads."""
