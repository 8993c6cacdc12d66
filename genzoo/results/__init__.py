"""What training, evaluation and comparison return, and how it becomes text, JSON and files.

Nothing here computes a score or decides anything.
"""
