"""Where track_positions keeps what it knows: for each table, its rows, and a record for every change."""
