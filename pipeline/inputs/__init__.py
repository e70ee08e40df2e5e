"""From input patterns to raw pages: planning, reading, decoding."""
