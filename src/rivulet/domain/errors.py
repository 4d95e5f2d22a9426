"""Every failure a caller can meet, as one tree: code, HTTP status, whether trying again can help.

    RivuletError
    ├─ caller's fault   InvalidRequest 400 (UnknownModel) · Unauthorised 401 · Forbidden 403 · NotFound 404
    │                   · MethodNotAllowed 405 · Conflict 409 (ChatBusy, NotKept) · CursorGone 400
    │                   · TooLarge 413 · WrongContentType 415
    │                   · IdempotencyMismatch 422 · Unreadable 422 (a document) · RateLimited 429
    ├─ ours             Internal 500 · StorageFull 507 · StorageFailed 500 · Draining 503 · LostClaim 500
    │                   · Interrupted 500 · NotEnded 503
    ├─ the provider's   ProviderError 502: UpstreamUnreachable · UpstreamTimeout 504 · UpstreamAuth
    │                   · UpstreamRateLimited · UpstreamProtocol · UpstreamTruncated · UpstreamFailed
    │                   · UpstreamRefused · ModelNotFound · ContextLength · ContentFiltered
    └─ an image's host  ImageError 502: ImageRefused 403 · ImageTimeout 504 · ImageTooLarge 422
                        · NotAnImage 422

The docstring is the sentence a person reads unless the raiser gives a better one.
"""

from collections.abc import Sequence
from typing import ClassVar

from rivulet.domain.events import Phase


class RivuletError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.details = details
        super().__init__(self.message)


class InvalidRequest(RivuletError):
    """The request is not what this address expects."""

    code = "invalid_request"
    status = 400


class UnknownModel(InvalidRequest):
    """This server has no model of that name."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, param="model")


class Unauthorised(RivuletError):
    """This server needs a key: send it as `Authorization: Bearer …`."""

    code = "unauthorised"
    status = 401


class Forbidden(RivuletError):
    """This key may not do that."""

    code = "forbidden"
    status = 403


class NotFound(RivuletError):
    """There is nothing here under that id."""

    code = "not_found"
    status = 404


class MethodNotAllowed(RivuletError):
    """This address does not take that method."""

    code = "method_not_allowed"
    status = 405

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        super().__init__(allowed=list(allowed))
        self.allowed = allowed


class Conflict(RivuletError):
    """The request does not fit the present state."""

    code = "conflict"
    status = 409


class ChatBusy(Conflict):
    """This chat is still answering; wait for that turn, stop it, or ask with on_busy=queue."""

    code = "chat_busy"
    retryable = True

    def __init__(self, turn_id: str) -> None:
        super().__init__(turn_id=turn_id)
        self.turn_id = turn_id


class NotKept(Conflict):
    """What was sent is not kept any more: send it again."""

    code = "not_kept"


class CursorGone(RivuletError):
    """That cursor does not belong to this turn; follow it again from the start."""

    code = "cursor_invalid"
    status = 400


class TooLarge(RivuletError):
    """The request is larger than this server takes."""

    code = "too_large"
    status = 413


class WrongContentType(RivuletError):
    """Send the body as application/json."""

    code = "wrong_content_type"
    status = 415


class IdempotencyMismatch(RivuletError):
    """This Idempotency-Key was used with a different request."""

    code = "idempotency_mismatch"
    status = 422


class Unreadable(RivuletError):
    """This document cannot be read."""

    code = "unreadable"
    status = 422


class RateLimited(RivuletError):
    """Too many requests; try again later."""

    code = "rate_limited"
    status = 429
    retryable = True


class Internal(RivuletError):
    """The server failed; the log has the details under this request id."""

    code = "internal"
    retryable = True


class StorageFull(RivuletError):
    """The disk is full: reading goes on, new turns wait until there is room."""

    code = "storage_full"
    status = 507
    retryable = True


class StorageFailed(RivuletError):
    """The data directory cannot be written."""

    code = "storage_failed"
    retryable = True


class Draining(RivuletError):
    """The server is shutting down; ask again in a moment."""

    code = "draining"
    status = 503
    retryable = True


class LostClaim(RivuletError):
    """Another server has taken this turn over."""

    code = "lost_claim"
    retryable = True


class Interrupted(RivuletError):
    """The server stopped while this answer was being written; the text up to there is kept."""

    code = "interrupted"
    retryable = True


class NotEnded(RivuletError):
    """Nobody writes this answer any more, but its end is not stored yet; ask again in a moment."""

    code = "not_ended"
    status = 503
    retryable = True


class TimedOut(RivuletError):
    """The answer took longer than its limit; the text up to there is kept."""

    code = "timeout"
    status = 504
    retryable = True


class LimitReached(RivuletError):
    """The answer reached a limit of this bot; the text up to there is kept."""

    code = "limit_reached"


class RetrievalFailed(RivuletError):
    """Searching the documents failed."""

    code = "retrieval_failed"
    retryable = True


class ProviderError(RivuletError):
    """The model's service failed."""

    code = "upstream_failed"
    status = 502
    retryable = True
    phase: Phase | None = None
    retry_after: float | None = None

    def __init__(
        self, message: str | None = None, *, phase: Phase | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.phase = phase
        self.retry_after = retry_after


class UpstreamUnreachable(ProviderError):
    """The model's service cannot be reached."""

    code = "upstream_unreachable"


class UpstreamTimeout(ProviderError):
    """The model's service went silent."""

    code = "upstream_timeout"
    status = 504


class UpstreamAuth(ProviderError):
    """The model's service refuses our key."""

    code = "upstream_auth"
    retryable = False


class UpstreamRateLimited(ProviderError):
    """The model's service asks us to slow down."""

    code = "rate_limited"
    status = 429


class UpstreamProtocol(ProviderError):
    """The model's service sent something that is not an answer."""

    code = "upstream_protocol"


class UpstreamTruncated(ProviderError):
    """The model's service ended its answer without saying that it was complete."""

    code = "upstream_truncated"


class UpstreamFailed(ProviderError):
    """The model's service reported a failure."""

    code = "upstream_failed"


class UpstreamRefused(ProviderError):
    """The model's service does not take this request."""

    code = "upstream_refused"
    retryable = False


class ModelNotFound(ProviderError):
    """The model's service does not have this model."""

    code = "model_not_found"
    status = 404
    retryable = False


class ContextLength(ProviderError):
    """The question and its sources are longer than the model takes."""

    code = "context_length"
    status = 400
    retryable = False


class ContentFiltered(ProviderError):
    """The model's service declined to answer."""

    code = "content_filter"
    status = 400
    retryable = False


class ImageError(RivuletError):
    """The image's server cannot be reached, or does not have the image."""

    code = "image_unreachable"
    status = 502
    retryable = True


class ImageRefused(ImageError):
    """The image's address is not one this server goes to: it is in a private network, or no plain web
    address. The operator can allow a host (`private_hosts`)."""

    code = "image_refused"
    status = 403
    retryable = False


class ImageTimeout(ImageError):
    """The image's server took too long."""

    code = "image_timeout"
    status = 504


class ImageTooLarge(ImageError):
    """The image is larger than 5 MB."""

    code = "image_too_large"
    status = 422
    retryable = False


class NotAnImage(ImageError):
    """What is at this address is no PNG, JPEG, GIF, WebP or AVIF image."""

    code = "not_an_image"
    status = 422
    retryable = False
