"""Records of another installation: read, checked, placed, and reconciled with the books."""
