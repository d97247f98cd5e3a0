"""What the dispatcher's screen costs the browser."""
