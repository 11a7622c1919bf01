"""What the claims code says of the paper's own tables."""

from analysis.claims.expected import expected_of_the_paper, unexpected
from analysis.claims.judge import judge
from analysis.claims.sentences import effect_text
from analysis.paper import PublishedEvidence


def test_the_papers_own_tables_get_the_verdicts_that_were_written_down_with_reasons() -> None:
    assert unexpected(judge(PublishedEvidence())) == []


def test_they_are_not_all_supported() -> None:
    verdicts = {name: expected.verdict for name, expected in expected_of_the_paper().items()}
    assert verdicts["pretrained-without-momentum-stable/stable from epoch 2"] == "contradicted"
    assert verdicts["extreme-batch-forgetting/same epochs"] == "contradicted"
    assert verdicts["small-batches-win-rewound/same epochs"] == "contradicted"


def test_effects_of_the_paper_by_hand() -> None:
    found = {f"{f.claim.id}/{f.reading}": effect_text(f) for f in judge(PublishedEvidence()).findings}
    # Table 1: (8.94 - 2.84 + 5.64 - 2.22 + 3.07 - 3.32) / 3.
    assert found["momentum-forgetting/same learning rate"] == "+3.09 events"
    # Table 7: 95.04 - 92.43.
    assert found["hard-examples-accuracy/a fifth removed"] == "+2.61 points"
    # Table 6, batch 32 of momentum 0 and 0.9 against 256: (5 - 1 + 88.7 - 22.0) / 2.
    assert found["batch-stable-later/same epochs"] == "+35.4 epochs"


def test_a_claim_that_turns_out_otherwise_is_named() -> None:
    board = judge(PublishedEvidence())
    first, *others = board.findings
    turned = type(first)(first.claim, first.reading, first.effect, None, "supported")
    assert unexpected(type(board)(board.source, (turned, *others))) == [
        f"{first.claim.id}/{first.reading} is supported, and not measured was expected"
    ]
