"""The doors: HTTP and files. The only place that produces input."""
