"""Answer short links and record who followed them."""
