"""Every prerequisite of the guide as one check: `stockwire agent check`, and the same when the hub asks.

A file per noun; each check holds the exact words it may say (docs/connect/omni.md lists them, and a test
compares). Checks only read: nothing is ever written to the database, posted to Omni or sent as a batch.
"""
