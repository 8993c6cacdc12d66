"""What models are assembled from.

Plain torch modules without hidden randomness and without coupling in the batch. No losses and no
registered names.
"""
