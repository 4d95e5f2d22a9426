/** Why there is no answer, by the code of the protocol. */

export const failures = {
  network: 'The connection was lost.',
  draining: 'The server is shutting down; ask again in a moment.',
  interrupted: 'The server stopped while this answer was being written; the text up to there is kept.',
  timeout: 'The answer took longer than its limit; the text up to there is kept.',
  limit_reached: 'The answer reached a limit; the text up to there is kept.',
  internal: 'The server failed.',
  storage_full: 'The server’s disk is full: reading goes on, new answers wait until there is room.',
  storage_failed: 'The server’s disk cannot be written.',
  retrieval_failed: 'Searching the documents failed.',
  rate_limited: 'There were too many requests; try again later.',
  upstream_unreachable: 'The model’s service cannot be reached.',
  upstream_timeout: 'The model’s service went silent.',
  upstream_auth: 'The model’s service refuses our key.',
  upstream_protocol: 'The model’s service sent something that is not an answer.',
  upstream_truncated: 'The model’s service ended its answer without saying that it was complete.',
  upstream_failed: 'The model’s service reported a failure.',
  upstream_refused: 'The model’s service does not take this request.',
  model_not_found: 'The model’s service does not have this model.',
  context_length: 'The question and its sources are longer than the model takes.',
  content_filter: 'The model’s service declined to answer.',
}
