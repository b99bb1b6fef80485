/** The connection to GitHub: octokit with retries, throttling and a time limit for each request. */
import { context, getOctokit } from "@actions/github"
import { retry } from "@octokit/plugin-retry"
import { throttling } from "@octokit/plugin-throttling"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** The failure of a request to GitHub: it was refused, or there was no reply. */
export class GitHubError extends Data.TaggedError("GitHubError")<{
  readonly message: string
  /** The HTTP status, if GitHub answered. */
  readonly status: number | undefined
}> {}

/** Returns the message of an exception of the toolkit, in one line. */
export const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ")

const statusOf = (cause: unknown): number | undefined =>
  cause instanceof Error && "status" in cause && typeof cause.status === "number" ? cause.status : undefined

/** Runs a request of the toolkit. `subject` is the beginning of the message of its failure. */
export const ask = <A>(subject: string, request: () => Promise<A>): Effect.Effect<A, GitHubError> =>
  Effect.tryPromise({
    try: request,
    catch: (cause) => new GitHubError({ message: `${subject}: ${messageOf(cause)}`, status: statusOf(cause) })
  })

/** The time limit for one attempt of a request, in milliseconds, without its wait for the rate limit. */
const attemptLimit = 60_000

/** The longest wait of a request for the rate limit of GitHub, in seconds. A request that would wait longer fails. */
const longestPause = 300

const waits = (pause: number, _request: unknown, _octokit: unknown, retries: number): boolean =>
  retries < 2 && pause <= longestPause

interface Hooked {
  readonly hook: {
    readonly before: (
      name: "request",
      hook: (options: { method: string; url: string; request: { signal?: AbortSignal; retries?: number } }) => void
    ) => void
  }
}

/** Limits the time of each attempt. A create is not retried: if its reply was lost, it may have been executed. */
export const limited = ({ hook }: Hooked): void =>
  hook.before("request", (options) => {
    options.request.signal = AbortSignal.timeout(attemptLimit)
    if (options.method === "POST" && options.url !== "/graphql") options.request.retries = 0
  })

interface Client {
  readonly octokit: ReturnType<typeof getOctokit>
  readonly repo: typeof context.repo
  /** The event of the run, and its name. */
  readonly event: string
  readonly payload: typeof context.payload
  /** The commit of the run. */
  readonly commit: string
  /** The branch of the run. Missing if the run is for a tag. */
  readonly branch: string | undefined
  /** The page of the run. */
  readonly runUrl: string
}

const make = (token: Redacted.Redacted): Client => {
  const throttle = { onRateLimit: waits, onSecondaryRateLimit: waits }
  const octokit = getOctokit(Redacted.value(token), { throttle }, limited, retry, throttling)
  const { eventName, payload, ref, repo, runId, serverUrl, sha } = context
  return {
    octokit,
    repo,
    event: eventName,
    payload,
    commit: sha,
    branch: /^refs\/heads\/(.+)$/.exec(ref)?.[1],
    runUrl: `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`
  }
}

export class GitHub extends Context.Tag("@checkpoint-permissions/action/GitHub")<GitHub, Client>() {}

/** Runs a request to GitHub. `subject` is the beginning of the message of its failure. */
export const request = <A>(
  subject: string,
  send: (client: Client) => Promise<A>
): Effect.Effect<A, GitHubError, GitHub> => Effect.flatMap(GitHub, (client) => ask(subject, () => send(client)))

export const layer = (token: Redacted.Redacted): Layer.Layer<GitHub> => Layer.sync(GitHub, () => make(token))
