/** The requests of `doctor`: GETs without retries, each with a time limit. */

import type * as HttpClient from "@effect/platform/HttpClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { itemsOf, parseJson, textAt } from "../server/body.ts"
import { bodyOf, problemOf, type Replies, type Reply } from "./checks.ts"

/** The maximum number of requests in one run. */
export const maxRequests = 8

const requestLimit = Duration.seconds(6)
const runLimit = Duration.seconds(50)

/** Sends one GET. Every outcome is a `Reply`. */
const get = (client: HttpClient.HttpClient, path: string): Effect.Effect<Reply> =>
  client.get(path).pipe(
    Effect.flatMap((response) =>
      Effect.map(response.text, (text) => ({ status: response.status, body: parseJson(text) }))
    ),
    Effect.timeoutTo({
      duration: requestLimit,
      onSuccess: ({ body, status }): Reply =>
        status === 429
          ? { _tag: "Limited", detail: "rate limited: run again in a minute" }
          : { _tag: "Answered", status, body },
      onTimeout: (): Reply => ({ _tag: "Unanswered", detail: "no reply within 6 seconds" })
    }),
    Effect.catchAll(({ reason }) =>
      Effect.succeed<Reply>({
        _tag: "Unanswered",
        detail: reason === "Transport" ? "no connection" : "the reply is incomplete"
      })
    )
  )

export interface Target {
  readonly apiUrl: string
  readonly checkpoint: string | undefined
  readonly isAdminKey: boolean
  readonly admin: HttpClient.HttpClient
  /** The client with the key of a project, if the key file has one. */
  readonly ofProject: (project: string) => HttpClient.HttpClient | undefined
}

export interface Run {
  readonly requests: number
  /** The remedy if the first request failed for the key or the network. */
  readonly problem: string | undefined
  readonly replies: Replies
  /** The project whose key was used. */
  readonly project: string | undefined
}

/** Sends the requests of a run. Stops after the first if it fails because of the key or the network. */
export const ask = Effect.fnUntraced(function* (target: Target) {
  const { checkpoint } = target
  const startedAt = yield* Clock.currentTimeMillis
  let requests = 0
  let problem: string | undefined

  /** Returns the reply for a request that was not sent. A failed first request precedes any other reason. */
  const notSent = (reason = ""): Reply => ({
    _tag: "NotSent",
    detail: problem === undefined ? reason : "the first request failed"
  })
  const send = Effect.fnUntraced(function* (client: HttpClient.HttpClient, path: string) {
    if (problem !== undefined) return notSent()
    const elapsed = (yield* Clock.currentTimeMillis) - startedAt
    if (elapsed + Duration.toMillis(requestLimit) > Duration.toMillis(runLimit)) {
      return { _tag: "Limited", detail: "the run took too long: run again" } satisfies Reply
    }
    requests += 1
    return yield* get(client, path)
  })

  const projects = yield* send(target.admin, "/organization/projects?limit=2")
  problem = problemOf(projects, { isAdmin: target.isAdminKey }, target.apiUrl)

  /** Sends the request for the page that follows the first item of an earlier page. */
  const next = (page: Reply, path: (first: string) => string) => {
    const first = textAt(itemsOf(bodyOf(page))[0], "id")
    if (first !== undefined) return send(target.admin, path(encodeURIComponent(first)))
    if (page._tag === "Limited") return Effect.succeed(page)
    return Effect.succeed(notSent(bodyOf(page) === undefined ? "the previous page was not read" : "the list is empty"))
  }

  const route = `/fine_tuning/checkpoints/${encodeURIComponent(checkpoint ?? "")}/permissions`
  const permissions =
    checkpoint === undefined ? notSent("pass a checkpoint") : yield* send(target.admin, `${route}?limit=2`)
  const permissionsAfter =
    checkpoint === undefined ? permissions : yield* next(permissions, (first) => `${route}?limit=100&after=${first}`)

  const grants = `/organization/audit_logs?${encodeURIComponent("event_types[]")}=checkpoint.permission.created&limit=2`
  const log = yield* send(target.admin, grants)
  const logAfter = yield* next(log, (first) => `${grants}&after=${first}`)

  const active = itemsOf(bodyOf(projects)).find((one) => textAt(one, "status") !== "archived")
  const activeId = textAt(active, "id")
  const modelPermissions =
    activeId === undefined
      ? projects._tag === "Limited"
        ? projects
        : notSent("no active project on the first page")
      : yield* send(target.admin, `/organization/projects/${encodeURIComponent(activeId)}/model_permissions`)

  const granted = [permissions, permissionsAfter]
    .flatMap((page) => itemsOf(bodyOf(page)))
    .flatMap((one) => textAt(one, "project_id") ?? [])
  const project = granted.find((id) => target.ofProject(id) !== undefined)
  const client = project === undefined ? undefined : target.ofProject(project)
  const models =
    client === undefined
      ? notSent("no key of a listed project: pass --project-keys with one")
      : yield* send(client, "/models")
  return {
    requests,
    problem,
    replies: { projects, permissions, permissionsAfter, log, logAfter, modelPermissions, models },
    project
  } satisfies Run
})
