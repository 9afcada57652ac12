"""Numbers that people reported to the FTC and to the FCC, as two lists; neither agency has verified any report."""
