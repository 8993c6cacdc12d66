"""The functions that put the rooms together, one for each thing that a user asks for.

No mathematics: what is computed lives in a room.
"""
