"""What follows from a jurisdiction's data for one call on one day: pure, and never evidence about who calls."""
