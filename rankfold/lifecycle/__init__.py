"""What must be shown before a table may go on: policies, and gates that judge evidence by them."""

from .gate import Decision, Rule, judge_report, judge_section
from .policy import DEFAULT, Policy, parse_policy, read_policy

__all__ = ["DEFAULT", "Decision", "Policy", "Rule", "judge_report", "judge_section", "parse_policy", "read_policy"]
