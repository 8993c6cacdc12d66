"""Folders of runs.

Their files, the record that notices damage, what identifies a run, and the protocol by which it is
scored. Nothing here trains, and nothing knows of other runs.
"""
