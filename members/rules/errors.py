"""What is said about a rule that cannot be asked."""


class BadRule(ValueError):
    """A rule is wrong. The message is one sentence that begins with the place, such as `rule.all[1].tag.name`."""

    def __init__(self, place: str, sentence: str) -> None:
        # The place may quote half characters, which nobody could write to a page or a log.
        super().__init__(f"{place} {sentence}".encode(errors="backslashreplace").decode())
        self.place = place
