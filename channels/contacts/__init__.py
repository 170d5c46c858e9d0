"""The contacts: where sales reps work. Their follow-ups, the members with their whole history, and what came back."""
