/** The requests of `doctor`: GETs without retries, each with a time limit. */

import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { itemsOf, parseJson, textAt } from "../server/body.ts"
import { bodyOf, type Compared, grantedIn, problemOf, type Replies, type Reply } from "./checks.ts"

/** The maximum number of requests in one run. */
export const maxRequests = 8

const requestLimit = Duration.seconds(6)
const runLimit = Duration.seconds(50)

const unanswered = (detail: string): Reply => ({ _tag: "Unanswered", detail })
const notSent = (detail: string): Reply => ({ _tag: "NotSent", detail })

/** Sends one GET. Every outcome is a `Reply`. */
const get = (client: HttpClient.HttpClient, path: string): Effect.Effect<Reply> =>
  client.get(path).pipe(
    Effect.flatMap(({ status, text }) =>
      Effect.map(
        text,
        (json): Reply =>
          status === 429
            ? { _tag: "Limited", detail: "rate limited: run again in a minute" }
            : { _tag: "Answered", status, body: parseJson(json) }
      )
    ),
    Effect.mapError(({ reason }) => unanswered(reason === "Transport" ? "no connection" : "the reply is incomplete")),
    Effect.timeoutFail({ duration: requestLimit, onTimeout: () => unanswered("no reply within 6 seconds") }),
    Effect.merge
  )

interface Target {
  readonly apiUrl: string
  readonly checkpoint: string | undefined
  readonly isAdminKey: boolean
  readonly admin: HttpClient.HttpClient
  /** The clients with the keys of projects, by project. */
  readonly ofProjects: ReadonlyMap<string, HttpClient.HttpClient>
}

/** Returns the reply for a request that needs more than an earlier reply has. */
const lacking = (earlier: Reply, detail: string): Reply =>
  earlier._tag === "Limited" || earlier._tag === "NotSent" ? earlier : notSent(detail)

/**
 * Sends the requests of a run. Stops after the first if it fails because of the key or the network. Returns the remedy
 * for that as `problem`, and the projects that were compared.
 */
export const ask = Effect.fnUntraced(function* ({ admin, apiUrl, checkpoint, isAdminKey, ofProjects }: Target) {
  const startedAt = yield* Clock.currentTimeMillis
  let requests = 0
  let problem: string | undefined

  /** Sends a request, or returns `otherwise` if it has no path. A failed first request precedes any other reason. */
  const send = Effect.fnUntraced(function* (path: string | undefined, otherwise: Reply, client = admin) {
    if (problem !== undefined) return notSent("the first request failed")
    if (!path) return otherwise
    const elapsed = (yield* Clock.currentTimeMillis) - startedAt
    if (elapsed + Duration.toMillis(requestLimit) > Duration.toMillis(runLimit)) {
      return { _tag: "Limited", detail: "the run took too long: run again" } satisfies Reply
    }
    requests += 1
    return yield* get(client, path)
  })
  /** Sends the request for the page that follows the first item of an earlier page. */
  const sendNext = (page: Reply, path: string) => {
    const [first] = itemsOf(bodyOf(page))
    const id = textAt(first, "id")
    const reason = bodyOf(page) === undefined ? "the previous page was not read" : "the list is empty"
    return send(id === undefined ? undefined : `${path}&after=${encodeURIComponent(id)}`, lacking(page, reason))
  }

  const projects = yield* send("/organization/projects?limit=2", notSent(""))
  problem = problemOf(projects, { isAdmin: isAdminKey }, apiUrl)

  const route = checkpoint && `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions`
  const permissions = yield* send(route && `${route}?limit=2`, notSent("pass a checkpoint"))
  const permissionsAfter = yield* sendNext(permissions, `${route}?limit=100`)

  const grants = `/organization/audit_logs?${encodeURIComponent("event_types[]")}=checkpoint.permission.created&limit=`
  const log = yield* send(`${grants}2`, notSent(""))
  const logAfter = yield* sendNext(log, `${grants}100`)

  const active = itemsOf(bodyOf(projects)).find((one) => textAt(one, "status") !== "archived")
  const activeId = textAt(active, "id")
  const modelPermissions = yield* send(
    activeId && `/organization/projects/${encodeURIComponent(activeId)}/model_permissions`,
    lacking(projects, "no active project on the first page")
  )

  const project = grantedIn({ permissions, permissionsAfter }).find((id) => ofProjects.has(id))
  const client = ofProjects.get(project ?? "")
  const noKey = notSent("no key of a listed project: pass --project-keys with one")
  const models = yield* send(client && "/models", noKey, client)
  const replies: Replies = { projects, permissions, permissionsAfter, log, logAfter, modelPermissions, models }
  const compared: Compared = { models: project, modelPermissions: activeId }
  return { requests, problem, replies, compared }
})
