"""What can be typed, by what it is for. Each command imports what it needs when it runs."""
