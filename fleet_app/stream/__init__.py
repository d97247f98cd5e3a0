"""Faust, shaped for this app: typed declarations, tables of Structs, agents that are plain functions.

Nothing here knows what a vehicle is.
"""
