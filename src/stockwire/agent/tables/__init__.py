"""`stockwire agent inspect`: which tables look like stock, and a product query drafted from one.

ASSUMPTION: Omni's table and column names are not public. Everything here goes by how names are usually
spelt, says so, and never writes to the database or to agent.toml.
"""
