"""How each language writes dates and times. Each file has every format; Django lacks the last ones."""
