"""Commands for those who change jitgrad; no part of the package."""
