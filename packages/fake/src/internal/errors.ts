/**
 * The error texts of the API, which are in this file only. A key is the `code` of the error, with a word after the
 * slash if a code has several texts. `none` is for errors without a code. Each has a row in `evidence.jsonl`.
 */

/** An error as the envelope has it. */
export interface ApiError {
  readonly status: number
  readonly message: string
  /** Default: `invalid_request_error`. */
  readonly type?: string
  readonly param?: string
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

const bad = (code: string, message: string, param: string): ApiError => ({ status: 400, message, param, code })

const invalid = (code: string, param: string, reason: string): ApiError =>
  bad(code, `Invalid '${param}': ${reason}`, param)

const outOfRange = (code: string, given: string, range: string, expected: string): ApiError =>
  invalid(code, "limit", `integer ${range} value. Expected a value ${expected}, but got ${given} instead.`)

const noObject = (code: string, param: string, id: string): ApiError =>
  invalid(code, param, `there is no object with id '${id}'.`)

const noPermission = (id: string): string => `No checkpoint permission found with id '${id}'.`

const tooMany = (message: string): ApiError => ({
  status: 429,
  message,
  type: "requests",
  code: "rate_limit_exceeded"
})

export const errors = {
  "none/no-key": (): ApiError => ({
    status: 401,
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
  }),
  invalid_api_key: (masked: string): ApiError => ({
    status: 401,
    message: `Incorrect API key provided: ${masked}. You can find your API key at https://platform.openai.com/account/api-keys.`,
    code: "invalid_api_key"
  }),
  mismatched_project: (): ApiError => ({
    status: 401,
    message: "OpenAI-Project header should match project for API key",
    code: "mismatched_project"
  }),
  missing_scope: (scope: string, status: number): ApiError => ({
    status,
    message: `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`,
    code: "missing_scope"
  }),
  "none/owner-project": (project: string): ApiError => ({
    status: 400,
    message: `Cannot modify checkpoint permissions for the owning project: ${project}`
  }),
  "none/server-error": (): ApiError => ({
    status: 500,
    message: "The server had an error while processing your request. Sorry about that!",
    type: "server_error"
  }),
  model_not_found: (checkpoint: string): ApiError => ({
    status: 404,
    message: `The model '${checkpoint}' does not exist or you do not have access to it.`,
    param: "fine_tuned_model_checkpoint",
    code: "model_not_found"
  }),
  fine_tune_not_found: (job: string): ApiError => ({
    status: 404,
    message: `Could not find fine tune: ${job}`,
    param: "fine_tune_id",
    code: "fine_tune_not_found"
  }),
  audit_logs_disabled: (): ApiError => ({
    status: 403,
    message: "Audit logging is not enabled for this organization.",
    code: "audit_logs_disabled"
  }),
  already_exists: (project: string, status: number): ApiError => ({
    status,
    message: `Project ${project} already has access to this checkpoint.`,
    param: "project_ids",
    code: "already_exists"
  }),
  "not_found/permission": (id: string): ApiError => ({
    status: 404,
    message: noPermission(id),
    param: "permission_id",
    code: "not_found"
  }),
  "not_found/project": (id: string): ApiError => ({
    status: 404,
    message: `No project found with id '${id}'.`,
    param: "project_id",
    code: "not_found"
  }),
  "not_found/model-permissions": (project: string): ApiError => ({
    status: 404,
    message: `No model permissions are set for project '${project}'.`,
    code: "not_found"
  }),
  "not_found/cursor": (param: string, id: string): ApiError => ({ ...noObject("not_found", param, id), status: 404 }),
  "not_found/permission-cursor": (param: string, id: string): ApiError => ({
    status: 404,
    message: noPermission(id),
    param,
    code: "not_found"
  }),
  "invalid_value/cursor": (param: string, id: string): ApiError => noObject("invalid_value", param, id),
  "invalid_value/permission-cursor": (param: string, id: string): ApiError =>
    bad("invalid_value", noPermission(id), param),
  "invalid_value/twice": (param: string): ApiError => invalid("invalid_value", param, "it was given more than once."),
  "invalid_value/empty": (param: string): ApiError => invalid("invalid_value", param, "it is empty."),
  "invalid_value/word": (param: string, given: string, words: string): ApiError =>
    invalid("invalid_value", param, `value '${given}' is not supported. Supported values are: '${words}'.`),
  "invalid_value/metadata": (given: string): ApiError =>
    invalid("invalid_value", "metadata", `expected 'null', or a key as in metadata[key]=value, but got '${given}'.`),
  "invalid_value/event-type": (given: string): ApiError =>
    invalid("invalid_value", "event_types[]", `value '${given}' is no type of an event.`),
  integer_below_min_value: (given: string, min: number): ApiError =>
    outOfRange("integer_below_min_value", given, "below minimum", `>= ${min}`),
  integer_above_max_value: (given: string, max: number): ApiError =>
    outOfRange("integer_above_max_value", given, "above maximum", `<= ${max}`),
  empty_array: (param: string): ApiError =>
    invalid(
      "empty_array",
      param,
      "empty array. Expected an array with minimum length 1, but got an empty array instead."
    ),
  array_above_max_length: (param: string, max: number, given: number): ApiError =>
    invalid(
      "array_above_max_length",
      param,
      `array too long. Expected an array with maximum length ${max}, but got an array with length ${given} instead.`
    ),
  unknown_parameter: (param: string): ApiError => bad("unknown_parameter", `Unknown parameter: '${param}'.`, param),
  missing_required_parameter: (param: string): ApiError =>
    bad("missing_required_parameter", `Missing required parameter: '${param}'.`, param),
  invalid_type: (param: string, expected: string, given: string): ApiError =>
    bad("invalid_type", `Invalid type for '${param}': expected ${expected}, but got ${given} instead.`, param),
  "none/not-json": (): ApiError => ({
    status: 400,
    message:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
  }),
  unsupported_content_type: (given: string): ApiError => ({
    status: 400,
    message: `Unsupported content type: '${given}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${given}'.`,
    code: "unsupported_content_type"
  }),
  unknown_url: (method: string, path: string): ApiError => ({
    status: 404,
    message: `Invalid URL (${method} ${path})`,
    code: "unknown_url"
  }),
  method_not_supported: (method: string, path: string, allow: string): ApiError => ({
    status: 405,
    message: `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to make the request with: ${allow}.)`,
    code: "method_not_supported",
    headers: { allow }
  }),
  "rate_limit_exceeded/slow-down": (): ApiError => tooMany("You're making too many requests, please slow down."),
  "rate_limit_exceeded/limit-reached": (route: string): ApiError =>
    tooMany(`Rate limit reached for ${route}. Please try again later.`),
  insufficient_quota: (): ApiError => ({
    status: 429,
    message: "You exceeded your current quota, please check your plan and billing details.",
    type: "insufficient_quota",
    code: "insufficient_quota"
  })
} as const

/** Texts that are not replies of a route: that of the gateway before the API, and those of jobs. */
export const others = {
  cf_bad_gateway: { message: "Bad gateway", type: "cf_bad_gateway", code: 502 },
  job_failed: { code: "job_failed", message: "The job failed.", param: null },
  job_cancelled: { code: "job_cancelled", message: "The job was cancelled.", param: null }
} as const
