/** Sends the requests of a recording to a fake that behaves as recorded, in virtual time. */
import type { http } from "@checkpoint-permissions/fake"
import type { Organization, Seed, SeedEvent } from "@checkpoint-permissions/fake/seed"
import * as Server from "@checkpoint-permissions/fake/server"
import * as Predicate from "effect/Predicate"
import type { Answer } from "./exchange.ts"
import type { Json, Recording, Request } from "./grammar.ts"
import { isPlaceholder } from "./grammar.ts"
import { requestsOf } from "./record.ts"
import type { Sent } from "./recorder.ts"
import { detailsOf, type Fields, fieldsAt, isGet, modelPermissions, pageOf, textAt } from "./replies.ts"
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

const rankOf = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Number(time.slice("time_".length))

const newest = (value: Json | undefined): number => {
  if (typeof value === "string") return value.startsWith("time_") ? (rankOf(value) ?? 0) : 0
  return Predicate.isObject(value) ? Math.max(0, ...Object.values(value).map(newest)) : 0
}

/** Returns the times of ranks in Unix seconds: that of the first grant is when the replay sends it. */
const timesOf = (requests: ReadonlyArray<Request>) => {
  const grant = requests.find(({ method, reply }) => method === "POST" && reply?.status === 200)
  const [page] = grant === undefined ? [] : pageOf(grant)
  const made = rankOf(textAt(page?.items[0] ?? {}, "created_at"))
  const rank = made ?? 1 + Math.max(0, ...requests.map(({ reply }) => newest(reply?.body)))
  const at = startAt + Math.floor((made === undefined ? 0 : (grant?.sent ?? 0)) / 1000)
  return (time: string | undefined): number => at - rank + (rankOf(time) ?? 1)
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
const organizationOf = ({ behavior, parity: { requests, seed } }: Recording, timeOf: TimeOf): Organization => {
  const projects = projectsOf(requests)
  const isUnsetKnown = "unsetModelPermissions" in behavior
  const set = requests.flatMap((request) => {
    const [, project] = isGet(modelPermissions)(request) ? (modelPermissions.exec(request.path) ?? []) : []
    const { mode, model_ids: ids } = fieldsOf(request)
    if (isUnsetKnown || project === undefined || !Array.isArray(ids)) return []
    if (mode !== "allow_list" && mode !== "deny_list") return []
    return [[idOf(project), { mode, model_ids: ids.map((_, i) => `model-${i}`) }] as const]
  })
  const fineTuned = Object.values(seed.permissions).filter((count) => count > 0).length
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
    models: Array.from({ length: Math.max(0, seed.models - fineTuned) }, (_, i) => `model-${i}`),
    modelPermissions: Object.fromEntries(set),
    events: eventsOf(requests)
      .toReversed()
      .map((event) => eventSeed(event, timeOf))
  }
}

const fieldsOf = ({ reply }: Request): Fields => fieldsAt({ body: reply?.body ?? null }, "body")

/** Returns the project that the events of the run are filed under. */
const filedUnder = (requests: ReadonlyArray<Request>): { readonly defaultProject?: string } => {
  const events = requests.filter(isGet(/^\/organization\/audit_logs$/)).flatMap(pageOf)
  const [id] = events.flatMap(({ items }) => items.flatMap((one) => textAt(fieldsAt(one, "project"), "id") ?? []))
  return id === undefined ? {} : { defaultProject: idOf(id) }
}

const optionsOf = (recording: Recording): Server.Options => {
  const { requests } = recording.parity
  const settings = settingsOf(recording.behavior, requests)
  const timeOf = timesOf(requests)
  const seed: Seed = Object.fromEntries(
    checkpointsOf(requests).flatMap((checkpoint) => {
      const permissions = permissionSeed(requests, checkpoint, settings.maxLimit, timeOf)
      const isKnown = permissions.length > 0 || settings.unknownCheckpoints === "not-found"
      return isKnown ? [[idOf(checkpoint), permissions]] : []
    })
  )
  return {
    behavior: { ...settings, ...filedUnder(requests) },
    seed,
    organization: organizationOf(recording, timeOf)
  }
}

/** Notes the ids in a reply that were placeholders when recorded. */
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

/** Returns the requests that a replay sends: those that the server executed. Their replies are compared. */
export const comparable = (requests: ReadonlyArray<Request>): ReadonlyArray<Request> =>
  requests.filter(({ reply }) => reply !== null && reply.status !== 429)

/** Returns the comparable requests with the replies of the fake. */
export const replay = (recording: Recording): ReadonlyArray<Request> => {
  const ids = new Map<string, string>()
  const idFor = (text: string): string => (isPlaceholder(text) ? (ids.get(text) ?? idOf(text)) : text)
  let state = Server.start(optionsOf(recording), startAt * 1000)
  const sent = comparable(recording.parity.requests).flatMap((request): ReadonlyArray<Sent> => {
    const url = new URL(baseUrl + request.path.split("/").map(idFor).map(encodeURIComponent).join("/"))
    for (const [name, value] of request.query) url.searchParams.append(name, idFor(value))
    const body = request.projects && { project_ids: request.projects.map(idFor) }
    const at = startAt * 1000 + request.sent
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
    const answer: Answer = { status: reply.status, headers: reply.headers, body: parsed(textOf(reply)) }
    bind(ids, request.reply?.body, answer.body)
    return [{ at, method: request.method, url, body, secrets: [], answer }]
  })
  return requestsOf(sent, baseUrl)
}
