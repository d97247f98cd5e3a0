"""Recorded positions from files, sent again: as they were, faster, or as if they happened now."""
