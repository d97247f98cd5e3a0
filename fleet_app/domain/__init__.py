"""What is true about vehicles. Pure functions and Structs: no I/O, no clock, no randomness."""
