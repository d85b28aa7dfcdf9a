"""What a network driver does with the things a bond asks of it: measured, and what follows."""
