"""The strict check of messages against the HL7 v2 standard, by version and message structure.

For people who mend senders; nothing on the way of a message through the adapter depends on it.
"""

from adapter.grammar.check import check
from adapter.grammar.problem import Findings, Problem, Rule

__all__ = ["Findings", "Problem", "Rule", "check"]
