"""The paper's own numbers as evidence, so that whatever reads a run can be held against them."""

from analysis.paper.published import PublishedEvidence as PublishedEvidence
