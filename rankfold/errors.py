"""What can go wrong, as seven exceptions.

RankfoldError
├── InputError      an argument or an input file is not what was asked for
├── SpecError       a codec's name, version or settings are not valid
├── ArtifactError   an artifact is missing, damaged, or could not be written
├── BudgetError     no codec fits the bytes that were asked for
├── ReleaseError    a release or a promotion is refused
├── KernelError     the kernel level that was asked for is not there
└── MissingExtra    an optional package is not installed

Every message says which argument, what came, what was expected, and what to do. Errors are raised before anything is written.
"""


class RankfoldError(Exception):
    """Any error that rankfold raises on purpose."""


class InputError(RankfoldError, ValueError):
    """An argument or an input file is not what was asked for."""


class SpecError(RankfoldError, ValueError):
    """A codec's name, version or settings are not valid."""


class ArtifactError(RankfoldError):
    """An artifact is missing, damaged, or could not be written."""


class BudgetError(RankfoldError):
    """No codec fits the bytes that were asked for."""


class ReleaseError(RankfoldError):
    """A release or a promotion is refused."""


class KernelError(RankfoldError):
    """The kernel level that was asked for is not there on this machine."""


class MissingExtra(RankfoldError, ImportError):
    """An optional package is not installed; the message holds the install command."""

    def __init__(self, package: str, extra: str):
        super().__init__(f'{package} is needed here and is not installed. Install it with: pip install "rankfold[{extra}]"')
