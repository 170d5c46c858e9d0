"""The desk: people carry the message. Each one becomes a follow-up of a team, with the offer and a script.

A sender of this kind needs no settings; a team has its own: the people in it, its store, and how many follow-ups a day
it can take on. A day is a day in the team's zone (its store's, else the setting CHORALE_TIME_ZONE). When the day is
full, further messages wait in the queue until the next day opens, the most important first; whose deadline passes
meanwhile ends as over capacity. Follow-ups are due when the message's deadline is.
"""
