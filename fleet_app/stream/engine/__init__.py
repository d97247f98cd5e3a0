"""The engine: tasks, their commit and their restore.

A task is partition *p* of everything: one store, one transactional producer, the positions of its sources. It reaches
Kafka, the store and time through `ports` alone.
"""
