"""Signing in with a provider that the company brings (OpenID Connect Core 1.0, the code flow)."""
