/** The URL parser of browsers, Node.js, Bun and Deno. */
declare const URL: {
  readonly canParse: (text: string) => boolean
  new (
    text: string
  ): {
    readonly origin: string
    readonly protocol: string
    readonly username: string
    readonly password: string
    readonly hostname: string
    readonly pathname: string
  }
}

const example = "pass one such as https://api.openai.com/v1"

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)

/** Parses a base URL into scheme, host and path, without a slash at the end. Returns the reason if it is refused. */
export const parse = (
  text: unknown,
  allowInsecureHttp: boolean
): { readonly ok: string } | { readonly reason: string } => {
  if (typeof text !== "string" || !/^https?:\/\//i.test(text)) {
    return { reason: `the base URL does not begin with https://: ${example}` }
  }
  if (/[\s\\\p{Cc}]/u.test(text)) {
    return { reason: `the base URL contains white space, a backslash or a control character: ${example}` }
  }
  if (!URL.canParse(text)) return { reason: `the base URL cannot be parsed: ${example}` }
  const url = new URL(text)
  if (url.username !== "" || url.password !== "") {
    return { reason: "the base URL contains user info: remove the part before the @, and pass the key as adminKey" }
  }
  if (/[?#]/.test(text)) return { reason: `the base URL contains a query or a fragment: ${example}` }
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !allowInsecureHttp) {
    return {
      reason: "the base URL uses http, which sends the key unencrypted: use https, or set allowInsecureHttp"
    }
  }
  return { ok: `${url.origin}${url.pathname.replace(/\/+$/, "")}` }
}

const isHostOfOpenAi = (host: string): boolean => host === "api.openai.com" || host.endsWith(".api.openai.com")

/** Returns true if a base URL that was parsed is one of OpenAI's. */
export const isOpenAi = (baseUrl: string): boolean => isHostOfOpenAi(new URL(baseUrl).hostname)

/** Returns the host of a parsed base URL, unless it is a host of OpenAI or this machine. */
export const foreignHost = (baseUrl: string): string | undefined => {
  const host = new URL(baseUrl).hostname
  return isLoopback(host) || isHostOfOpenAi(host) ? undefined : host
}
