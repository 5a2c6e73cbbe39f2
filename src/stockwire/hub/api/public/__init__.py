"""The JSON API under /api/v1/: for programs of the business itself, each acting as one of its people.

A token names a person; read-only people may look and not change. Every call runs inside that person's client.
"""
