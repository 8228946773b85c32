"""Personal data: what is taken out on arrival, how long the rest is kept, and what one customer may ask for."""
