"""The functions that put the rooms together."""
