"""The pages people see. Every one runs for one client and needs no script to be useful."""
