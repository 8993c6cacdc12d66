"""The contracts and the result types that everything joins on."""
