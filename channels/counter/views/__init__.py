"""The pages of the counter, and the parts of them that htmx asks for. Without htmx every form leads to a whole page."""
