"""The paper's claims as data, and what evidence says of each: supported, contradicted, inconclusive or not measured."""

from analysis.claims.judge import Finding as Finding
from analysis.claims.judge import Scoreboard as Scoreboard
from analysis.claims.judge import judge as judge
from analysis.claims.statements import Claim as Claim
from analysis.claims.statements import known_claims as known_claims
