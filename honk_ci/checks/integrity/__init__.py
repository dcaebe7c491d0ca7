"""What a patch takes from the tests or from what guards them."""
