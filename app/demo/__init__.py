"""Demonstration data: two invented companies with people, keys and real-looking books.

All of it is made by the product's own operations, so that every balance can be traced. What it
holds is the same every time; credentials are random.
"""
