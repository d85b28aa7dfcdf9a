"""Writers: one module for each kind of format, `write(bonds)` in each: file names to texts."""
