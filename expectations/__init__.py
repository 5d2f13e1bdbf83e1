"""What is accepted at the doors, what is sent: one suite of Great Expectations per extract."""
