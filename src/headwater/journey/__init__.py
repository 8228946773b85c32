"""Where: stages, moments and causes as one versioned taxonomy, and the packs that bring them."""
