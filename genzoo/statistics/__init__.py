"""What may be concluded from scores: significance, ranks, the verdict, summaries over sources.

Pure functions: nothing is trained, scored, read or written.
"""
