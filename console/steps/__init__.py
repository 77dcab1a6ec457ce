"""Steps on a review, as forms: what is asked, and the change of the Task that it amounts to."""
