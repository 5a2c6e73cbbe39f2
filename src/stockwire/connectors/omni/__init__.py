"""Omni Accounts as a source."""
