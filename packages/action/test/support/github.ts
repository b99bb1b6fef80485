/** A stand-in of GitHub's REST API with what the action asks of it: replies as GitHub gives them, and what it was told. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect, type Scope } from "effect"
import { strToU8, zipSync } from "fflate"

export const repository = "acme/access"

export interface Note {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string; readonly type: string }
}

export interface Issue extends Note {
  readonly number: number
  readonly title: string
  readonly state: string
}

interface Artifact {
  readonly name: string
  readonly plan: string
  /** The event of the run that made it. */
  readonly event: string
}

/** What there is in the repository. Tests write to it and read what became of it. */
export interface State {
  /** By `<commit>:<path>`. */
  readonly files: Record<string, string>
  readonly links: Array<string>
  comments: Array<Note>
  issues: Array<Issue>
  /** The head of the pull request that a commit merged. */
  readonly merged: Record<string, string>
  readonly artifacts: Array<Artifact>
  /** Method and path of each request. */
  readonly requests: Array<string>
  /** Those that are refused with 403, by method and path. */
  readonly refused: Array<RegExp>
}

export interface GitHub {
  readonly url: string
  readonly state: State
}

const bot = { login: "github-actions[bot]", type: "Bot" }

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const part of request.setEncoding("utf8")) text += part
  return text
}

type Route = (parts: ReadonlyArray<string>, body: Record<string, string>, query: URLSearchParams) => unknown

const routes = (state: State): ReadonlyArray<readonly [RegExp, Route]> => {
  let id = 100
  return [
    [
      /^GET \/contents\/(.+)$/,
      ([path = ""], _, query) => {
        const decoded = decodeURIComponent(path)
        if (state.links.includes(decoded)) return { type: "symlink", path: decoded, target: "/etc/passwd" }
        const text = state.files[`${query.get("ref")}:${decoded}`]
        return text === undefined
          ? undefined
          : { type: "file", path: decoded, encoding: "base64", content: Buffer.from(text).toString("base64") }
      }
    ],
    [/^GET \/issues\/\d+\/comments$/, () => state.comments],
    [
      /^POST \/issues\/\d+\/comments$/,
      (_, { body = "" }) => {
        const comment = { id: ++id, body, user: bot }
        state.comments = [...state.comments, comment]
        return comment
      }
    ],
    [
      /^PATCH \/issues\/comments\/(\d+)$/,
      ([number], { body = "" }) => {
        state.comments = state.comments.map((one) => (String(one.id) === number ? { ...one, body } : one))
        return { id: Number(number), body }
      }
    ],
    [/^GET \/issues$/, () => state.issues.filter((issue) => issue.state === "open")],
    [
      /^POST \/issues$/,
      (_, { body = "", title = "" }) => {
        const issue = { id: ++id, number: id, title, body, state: "open", user: bot }
        state.issues = [...state.issues, issue]
        return issue
      }
    ],
    [
      /^PATCH \/issues\/(\d+)$/,
      ([number], changes) => {
        state.issues = state.issues.map((one) => (String(one.number) === number ? { ...one, ...changes } : one))
        return {}
      }
    ],
    [
      /^GET \/commits\/(\w+)\/pulls$/,
      ([commit = ""]) => {
        const sha = state.merged[commit]
        return sha === undefined
          ? []
          : [{ number: 7, merged_at: "2026-01-01T00:00:00Z", merge_commit_sha: commit, head: { sha } }]
      }
    ],
    [
      /^GET \/actions\/artifacts$/,
      (_parts, _body, query) => {
        const artifacts = state.artifacts.flatMap(({ name }, index) =>
          name === query.get("name") ? [{ id: index, name, expired: false, workflow_run: { id: index } }] : []
        )
        return { total_count: artifacts.length, artifacts }
      }
    ],
    [/^GET \/actions\/runs\/(\d+)$/, ([run]) => ({ id: Number(run), event: state.artifacts[Number(run)]?.event })],
    [
      /^GET \/actions\/artifacts\/(\d+)\/zip$/,
      ([artifact]) => zipSync({ "plan.json": strToU8(state.artifacts[Number(artifact)]?.plan ?? "") })
    ]
  ]
}

const answer = async (
  state: State,
  table: ReturnType<typeof routes>,
  request: IncomingMessage,
  response: ServerResponse
) => {
  const url = new URL(request.url ?? "/", "http://localhost")
  const what = `${request.method} ${url.pathname.replace(`/repos/${repository}`, "")}`
  state.requests.push(what)
  const text = await textOf(request)
  if (request.headers.authorization !== "token ghs_test" || state.refused.some((pattern) => pattern.test(what))) {
    response.writeHead(403, { "content-type": "application/json" })
    response.end(JSON.stringify({ message: "Resource not accessible by integration" }))
    return
  }
  for (const [pattern, route] of table) {
    const [whole, ...parts] = pattern.exec(what) ?? []
    const found = whole === undefined ? undefined : route(parts, text === "" ? {} : JSON.parse(text), url.searchParams)
    if (found instanceof Uint8Array) {
      response.writeHead(200, { "content-type": "application/zip" }).end(found)
      return
    }
    if (found !== undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found))
      return
    }
  }
  response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ message: "Not Found" }))
}

export const github: Effect.Effect<GitHub, never, Scope.Scope> = Effect.gen(function* () {
  const state: State = {
    files: {},
    links: [],
    comments: [],
    issues: [],
    merged: {},
    artifacts: [],
    requests: [],
    refused: []
  }
  const table = routes(state)
  const server = yield* Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const made = createServer((request, response) => void answer(state, table, request, response))
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) =>
      Effect.sync(() => {
        made.close()
        made.closeAllConnections()
      })
  )
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, state }
})
