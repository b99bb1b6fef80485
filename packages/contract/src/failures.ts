/** A failure of each kind, with all fields that it can have. */

const common = {
  operation: "create",
  checkpoint: "ft:a",
  status: 418,
  detail: "said the server",
  code: "teapot",
  param: "after",
  requestId: "req_1",
  retryAfter: 61_000,
  shouldRetry: true,
  attempts: 3,
  waited: 90_500,
  resumeAfter: "cp_z",
  mayHaveExecuted: true,
  cause: { code: "ECONNRESET", message: "read ECONNRESET" }
} as const

export const failures = [
  { kind: "InvalidInputError", operation: "create", mayHaveExecuted: false, field: "limit", reason: "is 0" },
  { ...common, kind: "BadRequestError" },
  { ...common, kind: "AuthenticationError" },
  { ...common, kind: "MissingScopeError", scopes: ["a.read", "a.write"] },
  { ...common, kind: "PermissionDeniedError" },
  { ...common, kind: "NotFoundError" },
  { ...common, kind: "ConflictError" },
  { ...common, kind: "RateLimitError" },
  { ...common, kind: "QuotaExhaustedError" },
  { ...common, kind: "ServerError" },
  { ...common, kind: "ConnectionError", reason: "ECONNRESET", server: "https://a.example/v1", sent: true },
  { ...common, kind: "RequestTimeoutError", timeout: 30_000 },
  { ...common, kind: "InvalidResponseError", reason: "HTML" },
  { ...common, kind: "IncompleteListingError", reason: "a cursor twice", received: 300 }
] as const
