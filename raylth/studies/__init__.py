"""Studies: what is done with lineages besides training them, one file each (paper sections 3.2, 4 and 5)."""
