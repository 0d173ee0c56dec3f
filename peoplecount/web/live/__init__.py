"""The live pages: all sites, one site, a screen on a wall, people inside in an emergency."""
