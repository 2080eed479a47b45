## The API explained

docs-title = API
docs-areas = Areas
docs-begin = First steps
docs-begin-token = Make a token for your program and send it with each request. It sees and does what you may, within the scopes that you choose for it:
docs-begin-errors = Every error is `application/problem+json` (RFC 9457): its `type` is stable, `detail` says what, where and the next step, `errors` names the fields, and the log has more under `request_id`.
docs-begin-versions = What can be edited is answered with an `ETag`. Send it back as `If-Match` with your change: what somebody else changed meanwhile is not overwritten (412).
docs-begin-again = Send an `Idempotency-Key` of your own choice with what makes something: sent again within a day, also after a lost connection, it is answered as the first time and done once.
docs-begin-limits = The headers `RateLimit` and `RateLimit-Policy` say how many requests are left; over the limit the answer is 429 with `Retry-After`.
docs-shapes = Shapes
docs-shapes-text = What bodies are made of. Fields with * are always there, or have to be.
docs-body = Body
docs-parameters = Parameters
docs-answers = Answers
docs-command = On the command line
docs-field = Field
docs-kind = Kind
docs-about = About
docs-required = Required
docs-or = or
docs-and = with
docs-list-of = list of
docs-by-name = by name,
docs-fields-of = The fields of
docs-try = Try it
docs-try-label = Try it: { $operation }
