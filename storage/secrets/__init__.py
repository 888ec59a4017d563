"""Secrets at rest: sealed under their company's keys, and those under the installation's."""
