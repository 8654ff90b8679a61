"""What is wrong with a question about profiles."""

from kundresa.core.errors import BadInputError, NotFoundError


class NoSuchProfileError(NotFoundError):
    """The workspace has no profile of that number."""

    code = "no_such_profile"


class MergeRulesError(BadInputError):
    """The rules of merging can't be used."""

    code = "bad_merge_rules"
