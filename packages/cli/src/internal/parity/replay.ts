/** Sends the requests of a recording to a fake that behaves as recorded, in virtual time. */
import type { http } from "@checkpoint-permissions/fake"
import type { Organization, Seed, SeedEvent } from "@checkpoint-permissions/fake/seed"
import * as Server from "@checkpoint-permissions/fake/server"
import * as Predicate from "effect/Predicate"
import { compare } from "./compare.ts"
import type { ApiResponse } from "./exchange.ts"
import type { Json, Recording, Request } from "./grammar.ts"
import { isPlaceholder } from "./grammar.ts"
import { requestsOf } from "./record.ts"
import type { Sent } from "./recorder.ts"
import {
  detailsOf,
  type Fields,
  fieldsAt,
  firstGrant,
  isGet,
  modelPermissions,
  pageOf,
  rankOf,
  textAt
} from "./replies.ts"
import { checkpointsOf, eventsOf, permissionsOf, projectsOf } from "./seed.ts"
import { key, settingsOf } from "./settings.ts"

const baseUrl = "https://replay.invalid/v1"

/** Unix seconds. */
const startAt = 1_000_000_000

const forms: Readonly<Record<string, string>> = {
  checkpoint: "ft:gpt-4o-mini-2024-07-18:replay:model:",
  permission: "cp_replay",
  project: "proj_replay",
  event: "audit_log-replay"
}

/** Returns the id that a placeholder has in a replay. */
const idOf = (placeholder: string): string => {
  const [kind = "", number = ""] = placeholder.split("_")
  return `${forms[kind] ?? ""}${number}`
}

const newest = (value: Json | undefined): number => {
  if (typeof value === "string") return value.startsWith("time_") ? (rankOf(value) ?? 0) : 0
  return Predicate.isObject(value) ? Math.max(0, ...Object.values(value).map(newest)) : 0
}

/** Returns the requests that a replay sends: those that the server executed. Their replies are compared. */
export const comparable = (requests: ReadonlyArray<Request>): ReadonlyArray<Request> =>
  requests.filter(({ reply }) => reply !== null && reply.status !== 429)

/** Returns the function from ranks to times in Unix seconds: before the start, or from the first grant on. */
const timesOf = (requests: ReadonlyArray<Request>, phase: number) => {
  const grant = firstGrant(requests)
  const rank = grant?.rank ?? 1 + Math.max(0, ...requests.map(({ reply }) => newest(reply?.body)))
  const at = startAt + Math.floor((phase + (grant?.request.sent ?? 0)) / 1000)
  return (time: string | undefined): number => {
    const after = (rankOf(time) ?? 1) - rank
    return after < 0 ? startAt + after : at + after
  }
}

type TimeOf = ReturnType<typeof timesOf>

const permissionSeed = (requests: ReadonlyArray<Request>, checkpoint: string, maxLimit: number, timeOf: TimeOf) => {
  const all = permissionsOf(requests, checkpoint, maxLimit).toReversed()
  let time: string | undefined
  return all.map((one, i) => {
    time = one.time ?? time ?? all.find(({ time }) => time !== undefined)?.time
    return {
      ...(one.id === undefined ? {} : { id: idOf(one.id) }),
      project_id: one.project === undefined ? `proj_unseen${i}` : idOf(one.project),
      created_at: timeOf(time)
    }
  })
}

const eventSeed = (event: Fields, timeOf: TimeOf): SeedEvent => {
  const details = detailsOf(event)
  const data = fieldsAt(details, "data")
  const at = timeOf(textAt(event, "effective_at"))
  const idAt = (fields: Fields, name: string) => {
    const id = textAt(fields, name)
    return id === undefined ? undefined : idOf(id)
  }
  const isKey = textAt(fieldsAt(event, "actor"), "type") === "api_key"
  return {
    type: textAt(event, "type") ?? "checkpoint.permission.created",
    effective_at: at,
    shown_at: at,
    id: idAt(event, "id"),
    project: idAt(fieldsAt(event, "project"), "id") ?? null,
    actor:
      event["actor"] === undefined ? null : isKey ? { key: "key_replay" } : { session: { email: "a@example.com" } },
    permission_id: idAt(details, "id") ?? "cp_unseen",
    project_id: idAt(data, "project_id"),
    fine_tuned_model_checkpoint: idAt(data, "fine_tuned_model_checkpoint")
  }
}

/** Returns the projects with their model permissions, and the events before the run. */
const organizationOf = ({ behavior, parity }: Recording, checkpoints: number, timeOf: TimeOf): Organization => {
  const requests = comparable(parity.requests)
  const projects = projectsOf(requests)
  const isUnsetKnown = "unsetModelPermissions" in behavior
  const set = requests.flatMap((request) => {
    const [, project] = isGet(modelPermissions)(request) ? (modelPermissions.exec(request.path) ?? []) : []
    const { mode, model_ids: ids } = fieldsOf(request)
    if (isUnsetKnown || project === undefined || !Array.isArray(ids)) return []
    if (mode !== "allow_list" && mode !== "deny_list") return []
    return [[idOf(project), { mode, model_ids: ids.map((_, i) => `model-${i}`) }] as const]
  })
  return {
    projects: projects?.map((one, i) => {
      const id = textAt(one, "id")
      const archived = textAt(one, "archived_at")
      return {
        id: id === undefined ? `proj_unlisted${i}` : idOf(id),
        created_at: timeOf(textAt(one, "created_at")),
        archived_at: archived === undefined ? null : timeOf(archived)
      }
    }),
    models: Array.from({ length: Math.max(0, parity.seed.models - checkpoints) }, (_, i) => `model-${i}`),
    modelPermissions: Object.fromEntries(set),
    events: eventsOf(requests)
      .toReversed()
      .map((event) => eventSeed(event, timeOf))
  }
}

const fieldsOf = ({ reply }: Request): Fields => fieldsAt({ body: reply?.body ?? null }, "body")

/** Returns the project that the run's events belong to. */
const defaultProjectOf = (requests: ReadonlyArray<Request>): { readonly defaultProject?: string } => {
  const events = requests.filter(isGet(/^\/organization\/audit_logs$/)).flatMap(pageOf)
  const [id] = events.flatMap(({ items }) => items.flatMap((one) => textAt(fieldsAt(one, "project"), "id") ?? []))
  return id === undefined ? {} : { defaultProject: idOf(id) }
}

const optionsOf = (recording: Recording, phase: number): Server.Options => {
  const requests = comparable(recording.parity.requests)
  const settings = settingsOf(recording.behavior, requests)
  const timeOf = timesOf(requests, phase)
  const seed: Seed = Object.fromEntries(
    checkpointsOf(requests).flatMap((checkpoint) => {
      const permissions = permissionSeed(requests, checkpoint, settings.maxLimit, timeOf)
      const isKnown = permissions.length > 0 || settings.unknownCheckpoints === "not-found"
      return isKnown ? [[idOf(checkpoint), permissions]] : []
    })
  )
  return {
    behavior: { ...settings, ...defaultProjectOf(requests) },
    seed,
    organization: organizationOf(recording, Object.keys(seed).length, timeOf)
  }
}

/** Maps the placeholders of a recorded reply to the ids in the replayed one. */
const bind = (ids: Map<string, string>, recorded: Json | undefined, value: unknown): void => {
  if (typeof recorded === "string") {
    if (isPlaceholder(recorded) && typeof value === "string" && !ids.has(recorded)) ids.set(recorded, value)
  } else if (Array.isArray(recorded)) {
    if (Array.isArray(value)) recorded.forEach((one: Json, i) => bind(ids, one, value[i]))
  } else if (Predicate.isRecord(recorded) && Predicate.isRecord(value)) {
    for (const [name, one] of Object.entries<Json>(recorded)) bind(ids, one, value[name])
  }
}

const textOf = ({ body }: http.Reply): string => (body._tag === "Text" ? body.text : "")

const parsed = (text: string): unknown => (text === "" ? undefined : JSON.parse(text))

/** Returns the comparable requests with the replies of the fake, which starts `phase` milliseconds into a second. */
const replyAt = (recording: Recording, phase: number): ReadonlyArray<Request> => {
  const ids = new Map<string, string>()
  const idFor = (text: string): string => (isPlaceholder(text) ? (ids.get(text) ?? idOf(text)) : text)
  let state = Server.start(optionsOf(recording, phase), startAt * 1000)
  const sent = comparable(recording.parity.requests).flatMap((request): ReadonlyArray<Sent> => {
    const url = new URL(baseUrl + request.path.split("/").map(idFor).map(encodeURIComponent).join("/"))
    for (const [name, value] of request.query) url.searchParams.append(name, idFor(value))
    const body = request.projects && { project_ids: request.projects.map(idFor) }
    const at = startAt * 1000 + phase + request.sent
    const handled = Server.handle(
      state,
      {
        method: request.method,
        url: url.href,
        path: url.pathname,
        query: [...url.searchParams],
        headers: { authorization: `Bearer ${key}`, "user-agent": "replay", "content-type": "application/json" },
        body: body === undefined ? "" : JSON.stringify(body)
      },
      at
    )
    state = handled.state
    if (handled.outcome._tag === "Dropped") return []
    const { reply } = handled.outcome
    const answer: ApiResponse = { status: reply.status, headers: reply.headers, body: parsed(textOf(reply)) }
    bind(ids, request.reply?.body, answer.body)
    return [{ at, method: request.method, url, body, secrets: [], answer }]
  })
  return requestsOf(sent, baseUrl)
}

const phases = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]

/**
 * Sends the comparable requests of a recording to a fake, and returns a line for each difference. The API has times in
 * seconds, and a recording does not have the millisecond of its start: the one with the fewest differences is used.
 */
export const differencesOf = (recording: Recording): ReadonlyArray<string> => {
  const recorded = comparable(recording.parity.requests)
  let fewest: ReadonlyArray<string> | undefined
  for (const phase of phases) {
    const found = compare(recorded, replyAt(recording, phase))
    if (found.length === 0) return found
    if (fewest === undefined || found.length < fewest.length) fewest = found
  }
  return fewest ?? []
}
