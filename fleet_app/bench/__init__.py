"""How fast, how fresh and how quickly back: measured on a real Kafka, and void unless the outcome is right."""
