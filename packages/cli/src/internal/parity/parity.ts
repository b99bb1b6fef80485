/** The whole run: reads, and a grant that is taken back if that is allowed. */

import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import type { CheckpointId } from "@checkpoint-permissions/core/Identifiers"
import { formatBehavior } from "@checkpoint-permissions/fake/emulator"
import { counted } from "@checkpoint-permissions/protocol/text"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { failed, refused } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { type Answer, type Exchange, errorOf } from "./exchange.ts"
import { nothing, type Outcomes } from "./meanings.ts"
import { reads } from "./reads.ts"
import * as Transport from "./transport.ts"
import { type Left, type Subject, takingBack, writes } from "./writes.ts"

/** GETs of a run without writes. */
export const mostReads = 20

/** A run with writes looks for a minute at most, once a second at most. */
const mostRequests = 200

interface Options {
  readonly checkpoint: CheckpointId | undefined
  /** What is granted; only reads without it. */
  readonly subject: Subject | undefined
  readonly interval: Duration.Duration
}

/** What a run with writes sends, in words. */
export const announced = ({ checkpoint, project }: Subject): ReadonlyArray<string> => [
  `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${project}"]}  twice`,
  `POST   /fine_tuning/checkpoints/${checkpoint}/permissions {"project_ids":["${project}","${project}"]}  once, if the second of these is refused`,
  `DELETE /fine_tuning/checkpoints/${checkpoint}/permissions/…  only what these have made, and one of them twice`,
  `GET    /fine_tuning/checkpoints/${checkpoint}/permissions?project_id=${project}, /organization/audit_logs  until it shows, for a minute at most`
]

const refuseAccess = Effect.fnUntraced(function* (client: Service, { checkpoint, project }: Subject) {
  const [permission] = yield* Stream.runCollect(
    client.stream(checkpoint, { project_id: project }).pipe(Stream.filter((one) => one.project_id === project))
  )
  if (permission !== undefined) {
    return yield* refused(
      `parity: ${project} has access to ${checkpoint} already (${permission.id}): pass a project that has none`
    )
  }
})

/** A server that refuses every listing tells nothing. */
const isRefused = (exchanges: ReadonlyArray<Exchange>): number | undefined => {
  const statuses = exchanges.filter(({ question }) => question.operation === "list").map(({ answer }) => answer.status)
  const [first] = statuses
  return first === undefined || statuses.some((status) => status !== 401 && status !== 403) ? undefined : first
}

/** Asks the server; what it made and could not delete stands in `left`. */
export const run = Effect.fnUntraced(function* (
  client: Service,
  http: HttpClient.HttpClient,
  { checkpoint, interval, subject }: Options
) {
  const { progress } = yield* Screen.Screen
  const left: Array<Left> = []
  const { ask, exchanges, rested } = Transport.make(http, {
    interval,
    most: subject === undefined ? mostReads : mostRequests,
    onAsk: (question, sent) => progress(`parity: ${question.operation}, ${counted(sent, "request")} sent`)
  })
  if (subject !== undefined) yield* refuseAccess(client, subject)
  const read = yield* reads(ask, checkpoint)
  if (exchanges().length === 0) {
    return yield* failed("parity: no request is answered: check the network and the base URL")
  }
  const status = isRefused(exchanges())
  if (status !== undefined) {
    return yield* failed(`parity: every listing is answered with ${status}: check the key and its scopes`)
  }
  const known =
    subject === undefined
      ? read
      : yield* Effect.zipRight(
          rested,
          takingBack(
            client,
            subject,
            (made) => writes(ask, subject, made, read),
            (one) =>
              Effect.suspend(() => {
                left.push(one)
                const what = one.permissions.length === 0 ? "perhaps a permission" : one.permissions.join(", ")
                return Screen.complain(
                  `parity: left at ${subject.checkpoint}, project ${subject.project}: ${what}; ${one.reason}`
                )
              })
          )
        )
  yield* Screen.clear
  const outcomes: Outcomes = { ...nothing, ...known }
  return { outcomes, exchanges: exchanges(), left }
})

/** Headers that say how the server works, and nothing about who asked. */
const headers = /^(?:content-type|retry-after|retry-after-ms|x-should-retry|x-ratelimit-[a-z-]+|openai-version|allow)$/

/** Texts of the API, "…" being what may tell of an organization. */
const texts = [
  "Invalid 'after': …",
  "Invalid 'before': …",
  "No checkpoint permission found with id '…'.",
  "Cannot modify checkpoint permissions for the owning project: …",
  "Project … already has access to this checkpoint.",
  "The model '…' does not exist or you do not have access to it.",
  "Audit logging is not enabled for this organization.",
  "No model permissions are set for project '…'."
]

/** Texts that are kept as they are, up to here. */
const whole =
  /^(?:Invalid '(?:limit|after|before|order|project_ids)': integer (?:above maximum|below minimum) value\. Expected a value [<>]= \d+, but got -?\d+ instead\.$|You have insufficient permissions for this operation\. Missing scopes: [a-z._, ]+\.)/

const isLike = (message: string, text: string): boolean => {
  const [before = "", after = ""] = text.split("…")
  return text.includes("…") ? message.startsWith(before) && message.endsWith(after) : message === text
}

const messageOf = (message = ""): string | undefined =>
  whole.exec(message)?.[0] ?? texts.find((text) => isLike(message, text))

/** What looks like an id or a key, wherever it stands. */
const id = /(?:^|[^a-z])(?:ft|ftjob|ftckpt|proj|cp|sk|org|user|key|req|audit_log)[-_:]/i

/** A name that the API chose; anything else could be data. */
const nameOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\w.$[\]-]{1,64}$/.test(text) && !id.test(text) ? text : undefined

/** What stands behind a segment of a path, or in a parameter. */
const kinds: Readonly<Record<string, "checkpoint" | "permission" | "project" | "id">> = {
  checkpoints: "checkpoint",
  permissions: "permission",
  projects: "project",
  after: "permission",
  project_id: "project",
  "resource_ids[]": "id"
}

/** Ids as names such as `project_1`, one for each; what is behind any other word stays. */
const renaming = () => {
  const names = new Map<string, string>()
  return (behind: string, text: string): string => {
    const kind = Object.hasOwn(kinds, behind) ? kinds[behind] : undefined
    if (kind === undefined) return text
    const count = [...names.values()].filter((name) => name.startsWith(kind)).length
    const name = names.get(text) ?? `${kind}_${count + 1}`
    names.set(text, name)
    return name
  }
}

type Rename = ReturnType<typeof renaming>

const pathOf = (path: string, rename: Rename): string =>
  path
    .split("/")
    .map((segment, i, all) => rename(all[i - 1] ?? "", decodeURIComponent(segment)))
    .join("/")

const bodyOf = (body: unknown, rename: Rename): unknown =>
  Predicate.hasProperty(body, "project_ids") && Array.isArray(body.project_ids)
    ? { project_ids: body.project_ids.map((project) => rename("project_id", String(project))) }
    : undefined

/** The types of a value, in place of it; of a list the first item and how many there are. */
export const shapeOf = (value: unknown, name = ""): unknown => {
  if (Array.isArray(value)) return { items: value.length, ...(value.length === 0 ? {} : { first: shapeOf(value[0]) }) }
  if (Predicate.isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [nameOf(key) ?? "other", shapeOf(one, key)]))
  }
  if (value === null) return "null"
  if (typeof value === "boolean") return value
  return name === "object" && typeof value === "string" ? (nameOf(value) ?? "string") : typeof value
}

const answerOf = (answer: Answer) => {
  const { code, message, param, type } = errorOf(answer)
  const error = { type: nameOf(type), code: nameOf(code), param: nameOf(param), message: messageOf(message) }
  return {
    status: answer.status,
    headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => headers.test(name))),
    ...(answer.status < 400 ? { shape: shapeOf(answer.body) } : { error })
  }
}

/** A file of settings for the emulator, with what they were read from. `at` is a time in ISO 8601. */
export const recordOf = (outcomes: Outcomes, exchanges: ReadonlyArray<Exchange>, at: string) => {
  const rename = renaming()
  return {
    behavior: formatBehavior(
      Object.fromEntries(
        Object.entries(outcomes).flatMap(([name, outcome]) => ("found" in outcome ? [[name, outcome.found]] : []))
      )
    ),
    parity: {
      at,
      settings: outcomes,
      exchanges: exchanges.map(({ answer, question }) => ({
        method: question.method,
        path: pathOf(question.path, rename),
        query: question.query.map(([name, value]) => [name, rename(name, value)]),
        body: bodyOf(question.body, rename),
        ...answerOf(answer)
      }))
    }
  }
}
