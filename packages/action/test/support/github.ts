/** A fake of GitHub: commits, pull requests, runs, comments and issues behind the routes that the action uses. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { Effect } from "effect"
import { listen } from "../../../cli/test/support/listen.ts"
import type { Commit, Git } from "./git.ts"

export const repository = "acme/access"
export const bot = { login: "github-actions[bot]" }

export interface Note {
  readonly id: number
  readonly body: string
  readonly user: { readonly login: string }
  /** The issue or pull request of a comment. */
  readonly on?: number
}

export interface Issue extends Note {
  readonly number: number
  readonly title: string
  readonly state: string
}

interface Pull {
  readonly number: number
  base: string
  head: string
  from: string
  merge?: string
  isMerged: boolean
}

export interface Run {
  readonly id: number
  readonly path: string
  readonly event: string
  readonly head_branch: string
  readonly head_sha: string
  readonly conclusion: string
}

/** The state of the repository, which tests change and read. */
export interface State {
  readonly branches: Git["branches"]
  readonly pulls: Map<number, Pull>
  readonly runs: Array<Run>
  comments: Array<Note>
  issues: Array<Issue>
  readonly links: Array<string>
  /** Method and path of each request. */
  readonly requests: Array<string>
  /** Answers before all others: status and body of the requests that match, each once. */
  readonly answers: Array<{
    readonly to: RegExp
    readonly status: number
    readonly message?: string
    readonly retryAfter?: number
    readonly always?: true
  }>
  /** Called for the requests that match, before they are answered. */
  readonly holds: Array<{ readonly to: RegExp; readonly until: () => Promise<void> }>
  /** The author of notes that the token writes. */
  login: string
  /** How many looks at a pull request find no merge commit, and whether it conflicts. */
  mergeAfter: number
  conflicts: boolean
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const part of request.setEncoding("utf8")) text += part
  return text
}

type Route = (parts: ReadonlyArray<string>, body: Record<string, string>, query: URLSearchParams) => unknown

const routes = (state: State, git: Git): ReadonlyArray<readonly [RegExp, Route]> => {
  let id = 100
  const fileOf = (sha: string, path: string) => (git.has(sha) ? git.at(sha).files[path] : undefined)
  /** The files of a folder, also those below. */
  const below = (sha: string, folder: string) =>
    Object.entries(git.has(sha) ? git.at(sha).files : {}).filter(([path]) => path.startsWith(`${folder}/`))
  const listOf = (sha: string, folder: string) => {
    const parts = below(sha, folder).map(([path]) => path.slice(folder.length + 1).split("/"))
    const names = new Map(parts.map(([name = "", ...others]) => [name, others.length === 0 ? "file" : "dir"]))
    return names.size === 0
      ? undefined
      : Array.from(names, ([name, type]) => ({ type, name, path: `${folder}/${name}` }))
  }
  const commitOf = (sha: string) => ({ sha, parents: git.at(sha).parents.map((one) => ({ sha: one })) })
  const pullOf = ({ base, from, head, isMerged, merge, number }: Pull) => ({
    number,
    head: { sha: head, repo: { full_name: from } },
    base: { ref: base },
    merge_commit_sha: merge ?? null,
    merged: isMerged
  })
  return [
    [
      /^GET \/contents\/(.+)$/,
      ([path = ""], _, query) => {
        const [name, ref] = [decodeURIComponent(path), query.get("ref") ?? ""]
        if (state.links.includes(name)) return "/etc/passwd"
        return fileOf(ref, name) ?? listOf(ref, name)
      }
    ],
    [/^GET \/git\/commits\/(\w+)$/, ([sha = ""]) => commitOf(sha)],
    [
      /^GET \/pulls\/(\d+)$/,
      ([number]) => {
        const pull = state.pulls.get(Number(number))
        if (pull === undefined) return undefined
        if (pull.isMerged) return { ...pullOf(pull), mergeable: null }
        if (state.conflicts) return { ...pullOf(pull), mergeable: false }
        if (state.mergeAfter-- > 0) return { ...pullOf(pull), mergeable: null }
        const tip = state.branches.get(pull.base) ?? ""
        const files = git.merged(tip, pull.head)
        if (files === undefined) return { ...pullOf(pull), mergeable: false }
        return { ...pullOf(pull), mergeable: true, merge_commit_sha: git.commit([tip, pull.head], files) }
      }
    ],
    [
      /^GET \/actions\/workflows\/([\w.-]+)\/runs$/,
      ([name = ""], _, query) => {
        const isAsked = ({ conclusion, head_branch, path }: Run) =>
          path.endsWith(`/${name}`) && conclusion === query.get("status") && head_branch === query.get("branch")
        return { workflow_runs: state.runs.filter(isAsked).toReversed() }
      }
    ],
    [/^GET \/issues\/(\d+)\/comments$/, ([number]) => state.comments.filter(({ on }) => on === Number(number))],
    [
      /^POST \/issues\/(\d+)\/comments$/,
      ([number], { body = "" }) => {
        const comment = { id: ++id, on: Number(number), body, user: { login: state.login } }
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
    [
      /^GET \/issues$/,
      (_parts, _body, query) =>
        state.issues.filter(({ state, user }) => {
          const isAsked = [state, "all"].includes(query.get("state") ?? "open")
          return isAsked && user.login === query.get("creator")
        })
    ],
    [
      /^POST \/issues$/,
      (_, { body = "", title = "" }) => {
        const issue = { id: ++id, number: id, title, body, state: "open", user: { login: state.login } }
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
  const asked = `${request.method} ${url.pathname.replace(`/repos/${repository}`, "")}`
  state.requests.push(asked)
  const text = await textOf(request)
  for (const { to, until } of state.holds) if (to.test(asked)) await until()
  const json = (status: number, body: unknown, headers = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
  if (request.headers.authorization !== "token ghs_test") return json(401, { message: "Bad credentials" })
  const prepared = state.answers.findIndex(({ to }) => to.test(asked))
  const found = state.answers[prepared]
  if (found !== undefined) {
    if (found.always !== true) state.answers.splice(prepared, 1)
    const { message = "Resource not accessible by integration", retryAfter, status } = found
    return json(status, { message }, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) })
  }
  for (const [pattern, route] of table) {
    const [whole, ...parts] = pattern.exec(asked) ?? []
    const body = whole === undefined ? undefined : route(parts, text === "" ? {} : JSON.parse(text), url.searchParams)
    if (typeof body === "string") {
      return response.writeHead(200, { "content-type": "application/vnd.github.raw; charset=utf-8" }).end(body)
    }
    if (body !== undefined) return json(200, body)
  }
  return json(404, { message: "Not Found" })
}

/** A fake of GitHub over a repository. */
export const github = Effect.fnUntraced(function* (git: Git) {
  git.branches.set("main", git.commit([], {}))
  const state: State = {
    branches: git.branches,
    pulls: new Map(),
    runs: [],
    comments: [],
    issues: [],
    links: [],
    requests: [],
    answers: [],
    holds: [],
    login: bot.login,
    mergeAfter: 0,
    conflicts: false
  }
  const tipOf = (branch: string) => state.branches.get(branch) ?? ""
  const pullAt = (number: number): Pull => {
    const pull = state.pulls.get(number)
    if (pull === undefined) throw new Error(`there is no pull request ${number}`)
    return pull
  }
  const mergedFiles: (...of: Parameters<Git["merged"]>) => Commit["files"] = (...of) => {
    const files = git.merged(...of)
    if (files === undefined) throw new Error(`a merge of ${of.join(", ")} has conflicts`)
    return files
  }
  const table = routes(state, git)
  const url = yield* listen(createServer((request, response) => void answer(state, table, request, response)))
  return {
    url,
    state,
    git,
    /** Commits to a branch directly. */
    push: (files: Commit["files"], branch = "main") => {
      const tip = tipOf(branch)
      const sha = git.commit([tip], { ...git.at(tip).files, ...files })
      state.branches.set(branch, sha)
      return sha
    },
    /** Opens a pull request of one commit for each set of files, by default on the newest commit of its base. */
    open: (commits: ReadonlyArray<Commit["files"]>, { base = "main", from = repository } = {}) => {
      const number = state.pulls.size + 1
      let head = tipOf(base)
      for (const files of commits) head = git.commit([head], { ...git.at(head).files, ...files })
      state.pulls.set(number, { number, base, head, from, isMerged: false })
      return number
    },
    /** Adds a commit to a pull request. */
    amend: (number: number, files: Commit["files"]) => {
      const pull = pullAt(number)
      pull.head = git.commit([pull.head], { ...git.at(pull.head).files, ...files })
    },
    merge: (number: number, method: "merge" | "squash" | "rebase" = "merge") => {
      const pull = pullAt(number)
      const tip = tipOf(pull.base)
      let merge = tip
      if (method === "rebase") {
        for (const sha of git.between(tip, pull.head).toReversed())
          merge = git.commit([merge], mergedFiles(merge, sha, git.at(sha).parents[0]))
      } else merge = git.commit(method === "merge" ? [tip, pull.head] : [tip], mergedFiles(tip, pull.head))
      state.branches.set(pull.base, merge)
      Object.assign(pull, { isMerged: true, merge })
      return merge
    }
  }
})

export type GitHub = Effect.Effect.Success<ReturnType<typeof github>>
