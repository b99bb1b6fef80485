/** Checks the options of a client that are plain data: base URL, headers, page size, the text of the key, and names. */
import { refuseProject } from "./identifiers.ts"
import { type Checked, type Refusal, readProperties, shown } from "./internal/input.ts"

export type { Checked, Refusal } from "./internal/input.ts"

/** The URL parser of browsers, Node.js, Bun and Deno. */
declare const URL: {
  readonly canParse: (text: string) => boolean
  new (
    text: string
  ): Readonly<Record<"origin" | "protocol" | "username" | "password" | "hostname" | "pathname", string>>
}

/** The default base URL. */
export const defaultApiUrl = "https://api.openai.com/v1"

/** The environment variables of options that are not given. */
export const variables = {
  adminKey: "OPENAI_ADMIN_KEY",
  apiUrl: "OPENAI_BASE_URL"
} as const

const foreignNames = {
  baseUrl: "apiUrl",
  apiKey: "adminKey",
  adminApiKey: "adminKey",
  orgId: "organizationId"
}

/** The option of the key: an admin key, or the ordinary key of a project. */
export type KeyField = "adminKey" | "apiKey"

/** The options of a service that have the same type in both Effect versions. */
export interface PlainOptions {
  /** The base URL of the API. Default: `https://api.openai.com/v1`. */
  readonly apiUrl?: string | undefined
  /** The header `OpenAI-Organization`. Default: not sent. */
  readonly organizationId?: string | undefined
  /** The header `OpenAI-Project`. Default: not sent. */
  readonly projectId?: string | undefined
  /**
   * The header of the key. `"bearer"`, the default, sends `Authorization: Bearer …`. Any other name, such as
   * `"api-key"`, sends the key as the value of that header.
   */
  readonly authHeader?: string | undefined
  /**
   * The header `User-Agent`, such as `my-app/1.0`. An `HttpClient` that sets the header keeps its own. Browsers need
   * the server's permission (CORS) for it. Default: not set.
   */
  readonly userAgent?: string | undefined
  /** Whether to allow `http://` to other machines, which sends the key unencrypted. Default: false. */
  readonly allowInsecureHttp?: boolean | undefined
  /** How many permissions `pages` and `stream` request per page. Default: 100. */
  readonly pageSize?: number | undefined
  /** Whether a stream requests one page ahead, from the second page on. Default: true. */
  readonly prefetch?: boolean | undefined
  /** Whether to log long waits. Use `false` in a program that shows them itself. Default: true. */
  readonly logWaits?: boolean | undefined
  /**
   * Whether to send the headers `traceparent` and `b3`, with which a gateway or server continues the trace. They
   * contain the span of the attempt. Default: false.
   */
  readonly tracePropagation?: boolean | undefined
}

/** The server of a service. */
export interface Server {
  /** The base URL: scheme, host and path, without a slash at the end. */
  readonly apiUrl: string
  /** The organization in the header of each request, if there is one. */
  readonly organization: string | undefined
}

/** Checked options with their defaults. */
export interface Settings {
  readonly server: Server
  /** The header of the key, in lower case. */
  readonly authHeader: string
  /** The text before the key in the header: `"Bearer "`, or nothing. */
  readonly authScheme: string
  readonly headers: Readonly<Record<string, string>>
  readonly pageSize: number
  readonly prefetch: boolean
  readonly logWaits: boolean
  /** Whether to send the headers `traceparent` and `b3`. */
  readonly tracePropagation: boolean
}

const visibleAscii = /^[!-~]+$/
const headerName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
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

const urlExample = "pass one such as https://api.openai.com/v1"

const notInHeader = "empty, or with characters that are not allowed in a header: pass an id, or omit it"

const keyReasons = (noun: string, advice: string) => ({
  empty: `${noun} is empty: ${advice}`,
  space: `${noun} contains white space or a line break: trim it`,
  characters: `${noun} contains characters that are not allowed in a header: copy it again`
})

/** The reasons for which the text of an option is refused. A caller that names its options differently replaces them. */
export const reasons = {
  adminKey: keyReasons("the admin key", "pass an OpenAI admin key, usually from OPENAI_ADMIN_KEY"),
  apiKey: {
    ...keyReasons("the key", "pass an ordinary key of the project"),
    isAdmin: "an admin key lists no models or jobs: pass an ordinary key of the project"
  },
  apiUrl: {
    scheme: `the base URL does not begin with https://: ${urlExample}`,
    characters: `the base URL contains white space, a backslash or a control character: ${urlExample}`,
    unreadable: `the base URL cannot be parsed: ${urlExample}`,
    userInfo: "the base URL contains user info: remove the part before the @, and pass the key as adminKey",
    query: `the base URL contains a query or a fragment: ${urlExample}`,
    plainHttp: "the base URL uses http, which sends the key unencrypted: use https, or set allowInsecureHttp"
  },
  authHeader: { invalid: 'not a valid header for the key: pass "bearer", or a name such as "api-key"' },
  organizationId: { invalid: notInHeader },
  projectId: { invalid: notInHeader }
} as const

const refuseAuthHeader = (name: unknown): string | undefined => {
  const header = typeof name === "string" ? name.toLowerCase() : ""
  return headerName.test(header) && !reservedHeaders.has(header) ? undefined : reasons.authHeader.invalid
}

const refuseHeader = (value: unknown): string | undefined =>
  typeof value === "string" && visibleAscii.test(value) ? undefined : notInHeader

const refuseUserAgent = (value: unknown): string | undefined =>
  typeof value === "string" && /^[!-~](?:[ -~]*[!-~])?$/.test(value)
    ? undefined
    : "empty, or with characters that are not allowed in a header: pass one such as my-app/1.0"

const refuseFlag = (value: unknown, field: string): string | undefined =>
  typeof value === "boolean" ? undefined : `${field} is ${shown(value)}: pass true or false`

const refusePageSize = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) && Number(value) > 0 ? undefined : `${shown(value)} is not a whole number of 1 or more`

const refuseTransform = (value: unknown): string | undefined =>
  typeof value === "function" ? undefined : `transformClient is ${shown(value)}: pass a function`

/** Accepts every value. Each Effect version checks these options by its own types. */
const anything = (): undefined => undefined

const rules = {
  apiUrl: anything,
  organizationId: refuseHeader,
  projectId: refuseHeader,
  authHeader: refuseAuthHeader,
  userAgent: refuseUserAgent,
  allowInsecureHttp: refuseFlag,
  timeout: anything,
  retry: anything,
  pacing: anything,
  pageSize: refusePageSize,
  prefetch: refuseFlag,
  logWaits: refuseFlag,
  tracePropagation: refuseFlag,
  transformClient: refuseTransform
}

/**
 * Returns the reason why a value cannot be the key, and what to do. Returns `undefined` if it can be. No reason
 * contains the key.
 */
export const refuseKey = (field: KeyField, key: unknown): Refusal | undefined => {
  const { characters, empty, space } = reasons[field]
  if (typeof key !== "string" || key === "") return { field, reason: empty }
  if (field === "apiKey" && key.startsWith("sk-admin-")) return { field, reason: reasons.apiKey.isAdmin }
  if (/\s/.test(key)) return { field, reason: space }
  return visibleAscii.test(key) ? undefined : { field, reason: characters }
}

/** The checked properties of options whose types differ between the Effect versions. */
export interface EffectOptions {
  /** The text of the key. `undefined` if the key is not a `Redacted`. */
  readonly key: { readonly text: unknown } | undefined
  /** The timeout in milliseconds. 0 if it is not a duration. */
  readonly timeout: number
  /** True for a retry policy or a schedule. */
  readonly isRetry: boolean
  /** The reason why the pacing is refused. */
  readonly pacing: string | undefined
}

/** Returns the reason why a timeout in milliseconds is refused. */
const refuseTimeout = (millis: number): string | undefined =>
  Number.isFinite(millis) && millis > 0 ? undefined : 'not a positive duration: pass one such as "30 seconds"'

/** Returns the reason for the first refused option. */
export const refuseEffectOptions = (
  field: KeyField,
  { isRetry, key, pacing, timeout }: EffectOptions
): Refusal | undefined => {
  if (key === undefined) {
    const noun = field === "adminKey" ? "the admin key" : "the key"
    return { field, reason: `${noun} is not redacted: pass Redacted.make(key), so that nothing prints it` }
  }
  const refusal = refuseKey(field, key.text)
  if (refusal !== undefined) return refusal
  const late = refuseTimeout(timeout)
  if (late !== undefined) return { field: "timeout", reason: late }
  if (!isRetry) return { field: "retry", reason: "not a retry policy: pass one from RetryPolicy, or a Schedule" }
  return pacing === undefined ? undefined : { field: "pacing", reason: pacing }
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)

/** Parses a base URL into scheme, host and path, without a slash at the end. Returns the reason if it is refused. */
const parseUrl = (text: unknown, allowInsecureHttp: boolean): { readonly ok: string } | Pick<Refusal, "reason"> => {
  const { characters, plainHttp, query, scheme, unreadable, userInfo } = reasons.apiUrl
  if (typeof text !== "string" || !/^https?:\/\//i.test(text)) return { reason: scheme }
  if (/[\s\\\p{Cc}]/u.test(text)) return { reason: characters }
  if (!URL.canParse(text)) return { reason: unreadable }
  const url = new URL(text)
  if (url.username !== "" || url.password !== "") return { reason: userInfo }
  if (/[?#]/.test(text)) return { reason: query }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowInsecureHttp) return { reason: plainHttp }
  return { ok: `${url.origin}${url.pathname.replace(/\/+$/, "")}` }
}

const isHostOfOpenAi = (host: string): boolean => host === "api.openai.com" || host.endsWith(".api.openai.com")

/** Returns the host of a base URL. Returns `undefined` for an invalid one. */
const hostOf = (apiUrl: string): string | undefined => {
  const url = parseUrl(apiUrl, true)
  return "ok" in url ? new URL(url.ok).hostname : undefined
}

/** Returns true if a base URL is one of OpenAI's. */
export const isOpenAi = (apiUrl: string): boolean => isHostOfOpenAi(hostOf(apiUrl) ?? "")

/**
 * Returns the host of a base URL, unless it is a host of OpenAI or this machine. Also returns `undefined` for an
 * invalid base URL.
 */
export const foreignHost = (apiUrl: string): string | undefined => {
  const host = hostOf(apiUrl)
  return host === undefined || isLoopback(host) || isHostOfOpenAi(host) ? undefined : host
}

/**
 * Returns the reason why the base URL of an environment variable is refused, or `undefined`. The base URL determines
 * which host receives the admin key, so a variable can select only OpenAI's hosts and this machine. {@link check}
 * refuses invalid URLs.
 */
export const refuseUrlOfEnvironment = (text: string | undefined): Refusal | undefined => {
  const host = text === undefined ? undefined : foreignHost(text)
  return host === undefined
    ? undefined
    : {
        field: variables.apiUrl,
        reason: `the admin key would go to ${host}, which is neither OpenAI's nor this machine: unset it, or pass it as apiUrl to allow it`
      }
}

/** Returns the reason why options with `Config`s for key and server are refused, before any `Config` is read. */
export const refuseConfigs = (options: unknown, isConfig: (value: unknown) => boolean): Refusal | undefined => {
  const config = (value: unknown) =>
    isConfig(value) ? undefined : "not a Config: pass one that reads a variable, or Config.succeed(value)"
  const configs = { adminKey: config, apiUrl: config, organizationId: config, projectId: config }
  const read = readProperties("options", options, { ...rules, ...configs }, foreignNames)
  return "reason" in read ? read : undefined
}

/**
 * Returns the reason why options of a call are refused: an unknown name, which would have no effect, or the timeout. It
 * is 0 if it is not a duration.
 */
export const refuseCallOptions = (options: unknown, timeout: number | undefined): Refusal | undefined => {
  const names = { retry: anything, deadline: anything, urgent: anything, onWait: anything, onReply: anything }
  const timed = { ...names, timeout: () => (timeout === undefined ? undefined : refuseTimeout(timeout)) }
  const read = readProperties("options", options, timed, {})
  return "reason" in read ? read : undefined
}

/** Checks the options that are plain data, and the names of all options. */
export const check = (options: unknown, keyField: KeyField = "adminKey"): Checked<Settings> => {
  const allRules: typeof rules = { [keyField]: anything, ...rules }
  const read = readProperties("options", options, allRules, keyField === "adminKey" ? foreignNames : {})
  if ("reason" in read) return read
  const project = keyField === "adminKey" ? undefined : refuseProject(read.ok.projectId)
  if (project !== undefined) return { field: "projectId", reason: project }
  const {
    apiUrl = defaultApiUrl,
    logWaits = true,
    organizationId,
    pageSize = 100,
    prefetch = true,
    projectId,
    userAgent
  } = read.ok
  const url = parseUrl(apiUrl, read.ok.allowInsecureHttp === true)
  if ("reason" in url) return { field: "apiUrl", reason: url.reason }
  const header = String(read.ok.authHeader ?? "bearer").toLowerCase()
  const isBearer = header === "bearer"
  return {
    ok: {
      server: { apiUrl: url.ok, organization: organizationId === undefined ? undefined : String(organizationId) },
      authHeader: isBearer ? "authorization" : header,
      authScheme: isBearer ? "Bearer " : "",
      headers: {
        ...(organizationId === undefined ? {} : { "openai-organization": String(organizationId) }),
        ...(projectId === undefined ? {} : { "openai-project": String(projectId) }),
        ...(userAgent === undefined ? {} : { "user-agent": String(userAgent) })
      },
      pageSize: Number(pageSize),
      prefetch: prefetch === true,
      logWaits: logWaits === true,
      tracePropagation: read.ok.tracePropagation === true
    }
  }
}
