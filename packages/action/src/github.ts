/** The connection to GitHub: octokit with retries, throttling and a time limit for each request. */
import * as core from "@actions/core"
import { type context, getOctokit } from "@actions/github"
import { retry } from "@octokit/plugin-retry"
import { throttling } from "@octokit/plugin-throttling"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { summary } from "./report.ts"

/** The failure of a request to GitHub: it was refused, or there was no reply. */
export class GitHubError extends Data.TaggedError("GitHubError")<{
  readonly message: string
  /** The HTTP status, if GitHub answered. */
  readonly status?: number
}> {}

/** Returns the message of an exception of the toolkit, in one line. */
export const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, " ")

const statusOf = (cause: unknown) =>
  cause instanceof Error && "status" in cause && typeof cause.status === "number" ? { status: cause.status } : {}

/** The time limit for one attempt of a request, in milliseconds, without its wait for the rate limit. */
const attemptLimit = 60_000

/** The longest wait of a request for the rate limit of GitHub, in seconds. A request that would wait longer fails. */
const longestPause = 300

const waits = (pause: number, _request: unknown, _octokit: unknown, retries: number): boolean =>
  retries < 2 && pause <= longestPause

/** Limits the time of each attempt. A create is not retried: if its reply was lost, it may have been executed. */
export const limited: NonNullable<Parameters<typeof getOctokit>[2]> = ({ hook }) =>
  hook.before("request", (options) => {
    options.request.signal = AbortSignal.timeout(attemptLimit)
    if (options.method === "POST") options.request["retries"] = 0
  })

/** The connection to GitHub, and the facts of the run. */
interface Connection {
  readonly octokit: ReturnType<typeof getOctokit>
  readonly repo: typeof context.repo
  readonly run: typeof context
}

export const connect = (token: string, run: typeof context): Connection => {
  // The plugin keeps its limiters in its module: each run has its own, also if a process has several runs.
  const throttle = { id: `${run.runId}/${run.runAttempt}`, onRateLimit: waits, onSecondaryRateLimit: waits }
  const options = { baseUrl: run.apiUrl, throttle }
  return { octokit: getOctokit(token, options, limited, retry, throttling), repo: run.repo, run }
}

export class GitHub extends Context.Tag("@checkpoint-permissions/action/GitHub")<GitHub, Connection>() {}

export const runUrl = Effect.map(GitHub, ({ repo: { owner, repo }, run: { runId, serverUrl } }) => {
  return `${serverUrl}/${owner}/${repo}/actions/runs/${runId}`
})

/** The path of the workflow file that the user wrote: that of the caller. */
export const workflow = Effect.map(Config.string("GITHUB_WORKFLOW_REF"), (ref) =>
  ref.replaceAll(/^[^/]+\/[^/]+\/|@.*$/g, "")
)

/** Runs a request to GitHub. `subject` is the beginning of the message of its failure. */
export const request = <A>(subject: string, send: (connection: Connection) => Promise<A>) =>
  Effect.flatMap(GitHub, (connection) =>
    Effect.tryPromise({
      try: () => send(connection),
      catch: (cause) => new GitHubError({ message: `GitHub: ${subject}: ${messageOf(cause)}`, ...statusOf(cause) })
    })
  )

/** Adds Markdown to the summary of the step. */
export const summarize = (markdown: string) =>
  request<unknown>("the summary could not be written", () => core.summary.addRaw(summary(markdown), true).write())
