"""What a journey's definition may say: its fields, its entry, its tree of steps, and its text form."""
