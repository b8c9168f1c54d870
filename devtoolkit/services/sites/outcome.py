"""What a site answers, as it lies in the result store until it is collected."""

from devtoolkit.errors import BrokerError
from devtoolkit.services.bulk import Failure
from devtoolkit.services.sites.jobs import ANSWERS, Outcome
from devtoolkit.services.sites.plain import ShapeError, from_plain, to_plain


def encode(outcome: Outcome) -> dict[str, object]:
    """As it travels."""
    return {"answers": to_plain(outcome.answers), "failure": to_plain(outcome.failure)}


def decode(kind: str, value: object) -> Outcome:
    """Fields of a newer site are left out. Raises BrokerError for what is no answer to this kind of job."""
    try:
        if not isinstance(value, dict):
            raise ShapeError("no object")
        failure = value.get("failure")
        if failure is not None:
            return Outcome(failure=from_plain(Failure, failure, strict=False))
        answers = value.get("answers")
        if not isinstance(answers, list) or (answers and kind not in ANSWERS):
            raise ShapeError("no answers")
        return Outcome(tuple(from_plain(ANSWERS[kind], one, strict=False) for one in answers))
    except ShapeError as error:
        raise BrokerError(
            f"A site's answer cannot be read: {error}.", hint="Use the same version of the toolkit at all sites."
        ) from error
