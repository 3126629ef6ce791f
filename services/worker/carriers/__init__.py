"""Ways out to the networks; nothing outside knows which carrier is which."""
