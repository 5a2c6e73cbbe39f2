"""The whole house on one machine: every process real, only Omni and the shop are simulated."""
