"""Why a message went the way it went, or has not left: for the rep who is asked, and for programs.

`explain` answers in structure and in one sentence; `behind` says what stood behind a "no".
"""

from channels.explaining.answer import Explanation
from channels.explaining.message import explain

__all__ = ["Explanation", "explain"]
