import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as body from "./body.ts"
import type * as connection from "./connection.ts"
import * as envelope from "./envelope.ts"
import type { Failure } from "./failure.ts"
import * as failures from "./failures.ts"

/** Checks a parsed body. */
export type Decode<A> = (body: unknown) => Either.Either<A, ParseResult.ParseError>

const mismatch = (error: ParseResult.ParseError): string => {
  const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  return issue === undefined ? "unexpected body" : `${issue.path.join(".") || "body"}: ${issue.message}`
}

const parsed = (text: string, headers: Headers.Headers, scrub: failures.Scrub): Either.Either<unknown, string> =>
  Either.try({
    try: (): unknown => JSON.parse(text),
    catch: () => {
      // Before anything is cut: half a key would not be recognized.
      const start = scrub(text.trimStart().slice(0, 10_000)).slice(0, 60)
      const type = headers["content-type"] === undefined ? undefined : scrub(headers["content-type"])
      return start === "" ? "the body is empty" : `the body is not JSON (${body.mediaType(type)}): ${start}`
    }
  })

const redirect = (status: number, headers: Headers.Headers): string =>
  `status ${status}${headers["location"] === undefined ? "" : ` to ${headers["location"]}`}; redirects are never followed`

/** Reads the body of a reply, and makes it what was asked for or the failure that it stands for. */
export const read = <A>(
  response: HttpClientResponse.HttpClientResponse,
  headers: Headers.Headers,
  reply: failures.Known,
  decode: Decode<A>,
  scrub: failures.Scrub,
  onQuota: () => void
): Effect.Effect<A, Failure> => {
  const ok = response.status >= 200 && response.status < 300
  const broken = (failure: connection.ConnectionFailure): Failure =>
    failure.undecodable
      ? failures.invalid(reply, `the body cannot be decompressed (${failure.reason})`, scrub)
      : failures.disconnected({ ...failure, neverSent: false }, scrub, reply)
  if (ok) {
    return Effect.matchEffect(body.read(response, headers, body.largestReply), {
      onFailure: (failure) => Effect.fail(broken(failure)),
      onSuccess: ({ text, whole }) =>
        (whole
          ? Either.flatMap(parsed(text, headers, scrub), (value) => Either.mapLeft(decode(value), mismatch))
          : Either.left(`the body is larger than ${body.largestReply} bytes`)
        ).pipe(Either.mapLeft((reason) => failures.invalid(reply, reason, scrub)))
    })
  }
  const explained = Effect.orElseSucceed(body.read(response, headers, body.largestError), () => ({ text: "" }))
  return Effect.flatMap(explained, ({ text }) => {
    if (response.status < 400) return Effect.fail(failures.invalid(reply, redirect(response.status, headers), scrub))
    const said = envelope.parse(text)
    if (response.status === 429 && failures.isQuota(said)) onQuota()
    return Effect.fail(failures.refused(reply, said, scrub))
  })
}
