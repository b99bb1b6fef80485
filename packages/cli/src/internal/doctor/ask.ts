/** The requests of `doctor`: GETs without retries, each with a time limit. */

import { pluralize } from "@checkpoint-permissions/protocol/text"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { itemsOf, parseJson, textAt } from "../server/body.ts"
import type { ProjectKey } from "../server/key.ts"
import type { Connection } from "../server/server.ts"
import { bodyOf, grantedIn, problemOf, type Replies, type Reply } from "./checks.ts"

/** The time limit of a request. All of them together take less than 50 seconds. */
const requestLimit = Duration.seconds(6)

const unanswered = (detail: string): Reply => ({ _tag: "Unanswered", detail })
const notSent = (detail: string): Reply => ({ _tag: "NotSent", detail })

/** Sends one GET. Every outcome is a `Reply`. */
const get = (client: HttpClient.HttpClient, path: string, project?: string): Effect.Effect<Reply> =>
  client.get(path).pipe(
    Effect.flatMap(({ status, text }) =>
      Effect.map(
        text,
        (json): Reply =>
          status === 429
            ? { _tag: "Limited", detail: "rate limited: run again in a minute" }
            : { _tag: "Answered", status, body: parseJson(json), project }
      )
    ),
    Effect.mapError(({ reason }) => unanswered(reason === "Transport" ? "no connection" : "the reply is incomplete")),
    Effect.timeoutFail({ duration: requestLimit, onTimeout: () => unanswered("no reply within 6 seconds") }),
    Effect.merge
  )

/** Returns the reply for a request that needs more than an earlier reply has. */
const lacking = (earlier: Reply, detail: string): Reply =>
  earlier._tag === "Limited" || earlier._tag === "NotSent" ? earlier : notSent(detail)

/**
 * Sends the requests of a run. Stops after the first if it fails because of the key or the network, and returns the
 * remedy for that as `problem`. `keyOf` is the project whose key was sent.
 */
export const ask = Effect.fnUntraced(function* (
  checkpoint: string | undefined,
  admin: HttpClient.HttpClient,
  { apiUrl, isAdminKey, projectLists }: Connection,
  keys: ReadonlyArray<ProjectKey>
) {
  let requests = 0
  let problem: string | undefined

  /** Sends a request, or returns `otherwise` if it has no path. A failed first request precedes any other reason. */
  const send = (path: string | undefined, otherwise: Reply, client = admin, project?: string) =>
    Effect.suspend(() => {
      if (problem !== undefined) return Effect.succeed(notSent("the first request failed"))
      if (!path) return Effect.succeed(otherwise)
      requests += 1
      return get(client, path, project)
    })
  const sendNext = (page: Reply, path: string) => {
    const [first] = itemsOf(bodyOf(page))
    const id = textAt(first, "id")
    const reason = bodyOf(page) === undefined ? "the previous page was not read" : "the list is empty"
    return send(id === undefined ? undefined : `${path}&after=${encodeURIComponent(id)}`, lacking(page, reason))
  }

  const projects = yield* send("/organization/projects?limit=2", notSent(""))
  problem = problemOf(projects, isAdminKey, apiUrl)

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
    lacking(projects, "no active project on the first page"),
    admin,
    activeId
  )

  const granted = grantedIn({ permissions, permissionsAfter })
  const found = keys.find(({ project }) => granted.includes(project))
  const noKey =
    keys.length === 0
      ? notSent("pass --project-keys with the key of a project that has a permission")
      : lacking(permissions, `no key of the ${pluralize(granted.length, "listed project")} is in --project-keys`)
  const models =
    found === undefined
      ? yield* send(undefined, noKey)
      : yield* send("/models", noKey, (yield* projectLists(found.project, found.key)).httpClient, found.project)
  const replies: Replies = { projects, permissions, permissionsAfter, log, logAfter, modelPermissions, models }
  return { requests, problem, replies, keyOf: found?.project }
})
