import { InvalidInput } from "@checkpoint-permissions/core/PermissionsError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Options } from "../CheckpointPermissions.ts"
import * as Pacing from "../Pacing.ts"
import * as RetryPolicy from "../RetryPolicy.ts"

export const defaultApiUrl = "https://api.openai.com/v1"

/** Options with every default filled in and every value checked. */
export interface Settings {
  readonly adminKey: Redacted.Redacted
  /** Scheme, host and path, without a slash at the end. */
  readonly baseUrl: string
  /** Lower-case name of the header that carries the key. */
  readonly authHeader: string
  readonly authScheme: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeout: Duration.Duration
  readonly retry: RetryPolicy.RetryPolicy
  readonly pacing: Pacing.Pacing
  readonly pageSize: number
  readonly prefetch: number
}

const refuse = (field: string, reason: string) => new InvalidInput({ operation: "make", field, reason })

const visibleAscii = /^[\x21-\x7e]+$/
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const reservedHeaders = new Set([
  "accept",
  "connection",
  "content-length",
  "content-type",
  "host",
  "openai-organization",
  "openai-project",
  "transfer-encoding"
])

const adminKey = (key: Redacted.Redacted): Effect.Effect<Redacted.Redacted, InvalidInput> => {
  if (!Redacted.isRedacted(key)) {
    return refuse("adminKey", "the admin key is not redacted: pass Redacted.make(key), so that nothing prints it")
  }
  const value: unknown = Redacted.value(key)
  if (typeof value !== "string" || value.length === 0) {
    return refuse("adminKey", "the admin key is empty: pass an OpenAI admin key, usually from OPENAI_ADMIN_KEY")
  }
  if (/\s/.test(value)) {
    return refuse("adminKey", "the admin key holds white space or a line break: trim it where it is read")
  }
  return visibleAscii.test(value)
    ? Effect.succeed(key)
    : refuse("adminKey", "the admin key holds characters that no header can carry: copy it again")
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)

const parseUrl = Option.liftThrowable((text: string) => new URL(text))

const apiUrl = (text: string, allowInsecureHttp: boolean): Effect.Effect<string, InvalidInput> => {
  const example = `pass one such as ${defaultApiUrl}`
  if (typeof text !== "string" || !/^https?:\/\//i.test(text)) {
    return refuse("apiUrl", `the base URL does not begin with https://: ${example}`)
  }
  if (/[\s\\\p{Cc}]/u.test(text)) {
    return refuse("apiUrl", `the base URL holds white space, a backslash or a control character: ${example}`)
  }
  const parsed = parseUrl(text)
  if (Option.isNone(parsed)) return refuse("apiUrl", `the base URL cannot be read: ${example}`)
  const url = parsed.value
  if (url.username !== "" || url.password !== "") {
    return refuse("apiUrl", "the base URL holds user info: leave out what is before the @; the key goes in adminKey")
  }
  if (text.includes("?") || text.includes("#")) {
    return refuse("apiUrl", `the base URL holds a query or a fragment: ${example}`)
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowInsecureHttp) {
    return refuse(
      "apiUrl",
      "the base URL is plain http, which would send the key in the clear: use https, or set allowInsecureHttp"
    )
  }
  return Effect.succeed(`${url.origin}${url.pathname.replace(/\/+$/, "")}`)
}

const authHeader = (name: string): Effect.Effect<Pick<Settings, "authHeader" | "authScheme">, InvalidInput> => {
  const lower = String(name).toLowerCase()
  if (lower === "bearer") return Effect.succeed({ authHeader: "authorization", authScheme: "Bearer " })
  return headerName.test(lower) && !reservedHeaders.has(lower)
    ? Effect.succeed({ authHeader: lower, authScheme: "" })
    : refuse("authHeader", 'not a header that can carry the key: pass "bearer", or a name such as "api-key"')
}

const headerValue = (field: string, value: string | undefined): Effect.Effect<string | undefined, InvalidInput> =>
  value === undefined || visibleAscii.test(value)
    ? Effect.succeed(value)
    : refuse(field, "empty, or with characters that no header can carry: pass an id, or leave it out")

const timeout = (input: Duration.DurationInput): Effect.Effect<Duration.Duration, InvalidInput> =>
  Option.match(
    Option.filter(
      Duration.decodeUnknown(input),
      (duration) => Duration.isFinite(duration) && Duration.greaterThan(duration, Duration.zero)
    ),
    {
      onNone: () => refuse("timeout", 'not a duration above zero: pass one such as "30 seconds"'),
      onSome: Effect.succeed
    }
  )

const whole = (field: string, least: number, value: number): Effect.Effect<number, InvalidInput> =>
  Number.isSafeInteger(value) && value >= least
    ? Effect.succeed(value)
    : refuse(field, `${String(value)} is not a whole number of ${least} or more`)

/** Checks the options in the order in which they are documented. */
export const settings = Effect.fnUntraced(function* (options: Options) {
  const auth = yield* authHeader(options.authHeader ?? "bearer")
  const organization = yield* headerValue("organization", options.organization)
  const project = yield* headerValue("project", options.project)
  const pacing = options.pacing ?? Pacing.adaptive
  if (pacing.problem !== undefined) return yield* refuse("pacing", pacing.problem)
  const settings: Settings = {
    adminKey: yield* adminKey(options.adminKey),
    baseUrl: yield* apiUrl(options.apiUrl ?? defaultApiUrl, options.allowInsecureHttp ?? false),
    ...auth,
    headers: {
      ...(organization === undefined ? {} : { "openai-organization": organization }),
      ...(project === undefined ? {} : { "openai-project": project })
    },
    timeout: yield* timeout(options.timeout ?? "30 seconds"),
    retry: options.retry ?? RetryPolicy.standard,
    pacing,
    pageSize: yield* whole("pageSize", 1, options.pageSize ?? 100),
    prefetch: yield* whole("prefetch", 0, options.prefetch ?? 1)
  }
  return settings
})
