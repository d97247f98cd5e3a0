"""The door for phones: what OsmAnd and Traccar Client send, as a form or as JSON."""
