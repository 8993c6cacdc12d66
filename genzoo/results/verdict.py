"""What can be said of the models on one source.

There are four questions, each with its answer, its evidence and its doubt. The words in which an
answer is given stand here alone, so that they mean the same wherever they are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from genzoo.core.metric import Question

Standing = Literal["best", "lead", "level", "none", "unranked", "named"]

ASKED: Mapping[Question, str] = {
    "closest": "Which model is closest to the data?",
    "good": "Are the samples good?",
    "covering": "Is everything there?",
    "copying": "Does anybody copy?",
}
"""The questions, in the order in which they are answered."""

STANDINGS: Mapping[Standing, str] = {
    "best": "best beyond doubt",
    "lead": "in the lead, not settled",
    "level": "no difference",
    "none": "cannot be said",
    "unranked": "not ranked",
    "named": "",
}
"""How an answer stands, in the words of every table, page and picture."""

MEANINGS: Mapping[Standing, str] = {
    "best": (
        "The model is better than every other one by more than its seeds vary, "
        "at the 5 % level with all pairs taken into account, "
        "by more than the estimator may be off, "
        "and no other evidence on the same question says the opposite."
    ),
    "lead": (
        "The model has the best mean, "
        "but at least one other cannot be told apart from it with these seeds."
    ),
    "level": "All models score exactly the same.",
    "none": "There is no winner, and the sentence says why.",
    "unranked": (
        "There are too few models or seeds to rank; what is said of each model stands for itself."
    ),
    "named": "The question is asked of each model on its own and has no winner.",
}
"""What these words mean."""


@dataclass(frozen=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: The question.
        standing: How the answer stands, see `MEANINGS`.
        sentence: The answer in plain words.
        leaders: The model in front and the models that cannot be told apart from it; nobody where
            there is no winner.
        decider: The name of the metric that decides; nothing where none could.
        evidence: What else speaks to the question, and what is known of each model by itself.
        wanting: Models of which the deciding metric says beyond doubt that they are not like the
            truth. For the question of copying, the models that copy.
    """

    question: Question
    standing: Standing
    sentence: str
    leaders: tuple[str, ...] = ()
    decider: str = ""
    evidence: tuple[str, ...] = ()
    wanting: tuple[str, ...] = ()

    @property
    def badge(self) -> str:
        """How the answer stands, in a few words.

        Nothing for a question that is asked of each model by itself.
        """
        return STANDINGS[self.standing]


@dataclass(frozen=True)
class Verdict:
    """What can be said of the models on one source.

    Attributes:
        summary: The trade-off between the models in one sentence.
        answers: One for each question, in the order of `ASKED`.
        budgets: What each model was given, and whether that could be the reason; nothing where
            nothing was trained.
    """

    summary: str
    answers: tuple[Answer, ...]
    budgets: tuple[str, ...] = ()

    def answer(self, question: Question) -> Answer:
        """The answer to a question."""
        return next(answer for answer in self.answers if answer.question == question)


def what_can_be_said(verdict: Verdict) -> tuple[str, ...]:
    """A verdict as sentences: the summary, the answers with their evidence, the budgets."""
    sentences = [verdict.summary]
    for answer in verdict.answers:
        sentences.append(_said(answer))
    return (*sentences, *verdict.budgets)


def _said(answer: Answer) -> str:
    sentence = answer.sentence
    if answer.badge:
        badge = answer.badge[:1].upper() + answer.badge[1:]
        sentence = f"{badge}: {sentence}"
    return " ".join((ASKED[answer.question], sentence, *answer.evidence))
