"""The agent as a Windows service: installed, started, stopped and removed, and started again when it fails.

Only windows.py speaks to Windows, and only there pywin32 is imported; it has not been run on Windows yet.
"""
