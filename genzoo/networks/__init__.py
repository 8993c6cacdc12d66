"""What models are assembled from: plain torch modules without hidden randomness and without coupling in the batch."""
