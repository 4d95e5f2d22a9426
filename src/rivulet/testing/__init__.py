"""What tests of this house, and of its plug-ins, are made of."""
