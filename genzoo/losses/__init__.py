"""Losses as pure functions of tensors, in nats wherever they are likelihoods.

No networks, no parameters, no randomness.
"""
