"""Workflows of the tests, one file each, as a package of the product has them."""
