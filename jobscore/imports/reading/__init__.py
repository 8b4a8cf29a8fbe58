"""The parts of the file reader: what the bytes are, how they are cut, and where the table is."""
