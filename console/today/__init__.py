"""What needs an organisation now."""
