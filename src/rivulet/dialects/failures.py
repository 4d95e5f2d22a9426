"""A turn's recorded failure as the error it was, so that a blocking answer has the status of its cause."""

from rivulet.domain.errors import ProviderError, RivuletError, UpstreamRateLimited
from rivulet.domain.events import Failure


def problem_of(failure: Failure) -> RivuletError:
    """An error with the failure's code and sentence; one of no known code is the server's fault."""
    kind = _KINDS.get(failure.code, RivuletError)
    problem = RivuletError.__new__(kind)
    RivuletError.__init__(problem, failure.message)
    return problem


def _kinds(root: type[RivuletError]) -> dict[str, type[RivuletError]]:
    found: dict[str, type[RivuletError]] = {root.code: root}
    for child in root.__subclasses__():
        found |= {code: kind for code, kind in _kinds(child).items() if code not in found}
    return found


# In a turn that has failed, a limit was the provider's and `upstream_failed` is anything of the provider's.
_KINDS = _kinds(RivuletError) | {"rate_limited": UpstreamRateLimited, "upstream_failed": ProviderError}
