"""What the documentation allows a bond to do: a recording is held against it, rule by rule."""

from harness.model.judge import Verdict, judge
from harness.model.refusal import Refusal, Unjudged

__all__ = ["Refusal", "Unjudged", "Verdict", "judge"]
