"""A person's state as FHIR R4 resources.

`meta.versionId`, `meta.lastUpdated` and a Task's `authoredOn` are not here: the store knows when it
first wrote a thing, and two equal states must give equal resources.
"""
