"""The HTTP API of every worker: views that only read, the page, and who may ask.

Views depend on two protocols (`stream.reads`), on the declarations in `tables`, and on the domain.
"""
