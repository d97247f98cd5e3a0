"""The fleet as a CSV file: read and written through the API of a running worker."""
