/**
 * The error texts of the API, which are only in this file. A key is the `code` of the error, with a word after the
 * slash if a code has several texts. `none` is for errors without a code. Each has a row in `evidence.jsonl`.
 */

export interface ApiError {
  readonly status: number
  readonly message: string
  /** Default: `invalid_request_error`. */
  readonly type?: string
  readonly param?: string
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

const refusal = (status: number, code: string, message: string, param?: string): ApiError => ({
  status,
  message,
  code,
  ...(param === undefined ? {} : { param })
})

const bad = (code: string, message: string, param: string): ApiError => refusal(400, code, message, param)

const invalid = (code: string, param: string, reason: string): ApiError =>
  bad(code, `Invalid '${param}': ${reason}`, param)

const outOfRange = (code: string, given: string, range: string, expected: string): ApiError =>
  invalid(code, "limit", `integer ${range} value. Expected a value ${expected}, but got ${given} instead.`)

const noObject = (code: string, param: string, id: string): ApiError =>
  invalid(code, param, `there is no object with id '${id}'.`)

const noPermission = (id: string): string => `No checkpoint permission found with id '${id}'.`

const tooMany = (message: string): ApiError => ({ ...refusal(429, "rate_limit_exceeded", message), type: "requests" })

export const errors = {
  "none/no-key": (): ApiError => ({
    status: 401,
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
  }),
  invalid_api_key: (masked: string) =>
    refusal(
      401,
      "invalid_api_key",
      `Incorrect API key provided: ${masked}. You can find your API key at https://platform.openai.com/account/api-keys.`
    ),
  mismatched_project: () =>
    refusal(401, "mismatched_project", "OpenAI-Project header should match project for API key"),
  missing_scope: (scope: string) =>
    refusal(
      401,
      "missing_scope",
      `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`
    ),
  "none/owner-project": (project: string): ApiError => ({
    status: 400,
    message: `Cannot modify checkpoint permissions for the owning project: ${project}`
  }),
  "none/server-error": (): ApiError => ({
    status: 500,
    message: "The server had an error while processing your request. Sorry about that!",
    type: "server_error"
  }),
  model_not_found: (checkpoint: string) =>
    refusal(
      404,
      "model_not_found",
      `The model '${checkpoint}' does not exist or you do not have access to it.`,
      "fine_tuned_model_checkpoint"
    ),
  fine_tune_not_found: (job: string) =>
    refusal(404, "fine_tune_not_found", `Could not find fine tune: ${job}`, "fine_tune_id"),
  audit_logs_disabled: () => refusal(403, "audit_logs_disabled", "Audit logging is not enabled for this organization."),
  already_exists: (project: string, status: number) =>
    refusal(status, "already_exists", `Project ${project} already has access to this checkpoint.`, "project_ids"),
  "not_found/permission": (id: string) => refusal(404, "not_found", noPermission(id), "permission_id"),
  "not_found/project": (id: string) => refusal(404, "not_found", `No project found with id '${id}'.`, "project_id"),
  "not_found/model-permissions": (project: string) =>
    refusal(404, "not_found", `No model permissions are set for project '${project}'.`),
  "not_found/cursor": (param: string, id: string): ApiError => ({ ...noObject("not_found", param, id), status: 404 }),
  "not_found/permission-cursor": (param: string, id: string) => refusal(404, "not_found", noPermission(id), param),
  "invalid_value/cursor": (param: string, id: string) => noObject("invalid_value", param, id),
  "invalid_value/permission-cursor": (param: string, id: string) => bad("invalid_value", noPermission(id), param),
  "invalid_value/twice": (param: string) => invalid("invalid_value", param, "it was given more than once."),
  "invalid_value/empty": (param: string) => invalid("invalid_value", param, "it is empty."),
  "invalid_value/word": (param: string, given: string, words: string) =>
    invalid("invalid_value", param, `value '${given}' is not supported. Supported values are: '${words}'.`),
  "invalid_value/metadata": (given: string) =>
    invalid("invalid_value", "metadata", `expected 'null', or a key as in metadata[key]=value, but got '${given}'.`),
  "invalid_value/event-type": (given: string) =>
    invalid("invalid_value", "event_types[]", `value '${given}' is no type of an event.`),
  integer_below_min_value: (given: string, min: number) =>
    outOfRange("integer_below_min_value", given, "below minimum", `>= ${min}`),
  integer_above_max_value: (given: string, max: number) =>
    outOfRange("integer_above_max_value", given, "above maximum", `<= ${max}`),
  empty_array: (param: string) =>
    invalid(
      "empty_array",
      param,
      "empty array. Expected an array with minimum length 1, but got an empty array instead."
    ),
  array_above_max_length: (param: string, max: number, given: number) =>
    invalid(
      "array_above_max_length",
      param,
      `array too long. Expected an array with maximum length ${max}, but got an array with length ${given} instead.`
    ),
  unknown_parameter: (param: string) => bad("unknown_parameter", `Unknown parameter: '${param}'.`, param),
  missing_required_parameter: (param: string) =>
    bad("missing_required_parameter", `Missing required parameter: '${param}'.`, param),
  invalid_type: (param: string, expected: string, given: string) =>
    bad("invalid_type", `Invalid type for '${param}': expected ${expected}, but got ${given} instead.`, param),
  "none/not-json": (): ApiError => ({
    status: 400,
    message:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
  }),
  unsupported_content_type: (given: string) =>
    refusal(
      400,
      "unsupported_content_type",
      `Unsupported content type: '${given}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${given}'.`
    ),
  unknown_url: (method: string, path: string) => refusal(404, "unknown_url", `Invalid URL (${method} ${path})`),
  method_not_supported: (method: string, path: string, allow: string): ApiError => ({
    ...refusal(
      405,
      "method_not_supported",
      `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to make the request with: ${allow}.)`
    ),
    headers: { allow }
  }),
  "rate_limit_exceeded/slow-down": () => tooMany("You're making too many requests, please slow down."),
  "rate_limit_exceeded/limit-reached": (route: string) =>
    tooMany(`Rate limit reached for ${route}. Please try again later.`),
  insufficient_quota: (): ApiError => ({
    ...refusal(
      429,
      "insufficient_quota",
      "You exceeded your current quota, please check your plan and billing details."
    ),
    type: "insufficient_quota"
  })
} as const

/** Texts that are not replies of one route: those of the gateway in front of the API, and those of jobs. */
export const others = {
  cf_bad_gateway: { message: "Bad gateway", type: "cf_bad_gateway", code: 502 },
  job_failed: { code: "job_failed", message: "The job failed.", param: null },
  job_cancelled: { code: "job_cancelled", message: "The job was cancelled.", param: null }
} as const
