"""What a fleet is made of: its vehicles and their devices."""
