"""The figures that a provider publishes on deaths in its care: by quarter and by year.

Pure: takes what is known of one organisation's deaths, returns figures, documents and charts. No
function here takes two organisations: the figures say nothing in comparison.
"""
