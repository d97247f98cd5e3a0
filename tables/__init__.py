"""The application's tables, one per file: key, value, every version's decoder, its one writer, its invariant."""
