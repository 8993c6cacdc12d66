"""Losses as pure functions of tensors, in nats wherever they are likelihoods."""
