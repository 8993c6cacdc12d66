"""The contracts: what a model, a source, a metric and a recipe are.

No result types, nothing that trains, scores or writes files.
"""
