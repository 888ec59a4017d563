"""What patients pay: received, applied to claims, taken back."""
