"""What is watched of a training: stage, films, live numbers, and the events that follow.

Nothing here changes a weight or ranks a model.
"""
