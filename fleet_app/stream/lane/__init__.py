"""What plugs into Faust: batches instead of records, tasks instead of recovery, one assignment for all topics."""
