/** Sends the requests of a recording to a fake that behaves as recorded, in virtual time. */
import type { Organization, Seed, SeedEvent } from "@checkpoint-permissions/fake/seed"
import * as Server from "@checkpoint-permissions/fake/server"
import { type Fields, isFields, parseJson, textAt, valueAt } from "../../server/body.ts"
import type { Sent } from "../transport.ts"
import { compare } from "./compare.ts"
import { isPlaceholder, type Recording } from "./grammar.ts"
import { leavesOf, requestsOf } from "./record.ts"
import * as State from "./state.ts"

export { read } from "./grammar.ts"
export { recordOf, textOf } from "./record.ts"

const baseUrl = "https://replay.invalid/v1"

/** Unix seconds. */
const startAt = 1_000_000_000

/** Returns the requests that a replay sends: those with a reply other than a 429. Their replies are compared. */
export const comparable = (requests: State.Requests): State.Requests =>
  requests.filter(({ reply }) => reply !== null && reply.status !== 429)

/**
 * Returns a function from the rank of a time to Unix seconds. Ranks below that of the first grant are before the start
 * of the replay. Others are at the first grant or later.
 */
const timesOf = (requests: State.Requests, phase: number) => {
  const grant = State.firstGrant(requests)
  const ranks = requests.flatMap(({ reply }) => leavesOf(reply?.body)).flatMap(([, value]) => State.rankOf(value) ?? [])
  const rank = grant?.rank ?? 1 + ranks.reduce((newest, one) => Math.max(newest, one), 0)
  const at = startAt + Math.floor((phase + (grant?.request.sent ?? 0)) / 1000)
  return (time: unknown): number => {
    const after = (State.rankOf(time) ?? 1) - rank
    return after < 0 ? startAt + after : at + after
  }
}

type TimeOf = ReturnType<typeof timesOf>

/**
 * Returns permissions, oldest first. A permission without a time gets the time of the one before it, or else the first
 * known time.
 */
const permissionSeed = (newestFirst: ReadonlyArray<Fields>, timeOf: TimeOf) => {
  const all = newestFirst.toReversed()
  let time = all.find(({ created_at }) => created_at !== undefined)?.["created_at"]
  return all.map((one, i) => {
    time = one["created_at"] ?? time
    const project_id = textAt(one, "project_id") ?? `proj_unseen${i}`
    return { id: textAt(one, "id"), project_id, created_at: timeOf(time) }
  })
}

const eventSeed =
  (timeOf: TimeOf) =>
  (event: Fields): SeedEvent => {
    const details = State.detailsOf(event)
    const at = timeOf(event["effective_at"])
    const isKey = textAt(event, "actor", "type") === "api_key"
    const actor = isKey ? { key: "key_replay" } : { session: { email: "a@example.com" } }
    return {
      type: textAt(event, "type") ?? "checkpoint.permission.created",
      effective_at: at,
      shown_at: at,
      id: textAt(event, "id"),
      project: textAt(event, "project", "id") ?? null,
      actor: event["actor"] === undefined ? null : actor,
      permission_id: textAt(details, "id") ?? "cp_unseen",
      project_id: textAt(details, "data", "project_id"),
      fine_tuned_model_checkpoint: textAt(details, "data", "fine_tuned_model_checkpoint")
    }
  }

/** Returns the model permissions that the replies show. */
const modelPermissionsOf = (requests: State.Requests): NonNullable<Organization["modelPermissions"]> =>
  Object.fromEntries(
    State.getsOf(requests, State.modelPermissions).flatMap((request) => {
      const [, project = ""] = State.modelPermissions.exec(request.path) ?? []
      const { mode, model_ids: ids } = State.bodyOf(request)
      if (!Array.isArray(ids) || (mode !== "allow_list" && mode !== "deny_list")) return []
      return [[project, { mode, model_ids: ids.map((_, i) => `model-${i}`) }]]
    })
  )

/** Returns the options of the fake: the settings, and the data before the run. Placeholders are the ids. */
const optionsOf = ({ behavior, parity }: Recording, phase: number): Server.Options => {
  const requests = comparable(parity.requests)
  const settings = State.settingsOf(behavior, requests)
  const timeOf = timesOf(requests, phase)
  const seed: Seed = Object.fromEntries(
    Object.entries(State.permissionsOf(requests, settings.maxLimit)).flatMap(([checkpoint, permissions]) =>
      permissions.length > 0 || settings.unknownCheckpoints === "not-found"
        ? [[checkpoint, permissionSeed(permissions, timeOf)]]
        : []
    )
  )
  // the project of the run's events
  const [defaultProject] = State.pagesOf(requests, State.auditLogs).flatMap(({ items }) =>
    items.flatMap((event) => textAt(event, "project", "id") ?? [])
  )
  const models = Math.max(0, parity.seed.models - Object.keys(seed).length)
  return {
    behavior: { ...settings, ...(defaultProject === undefined ? {} : { defaultProject }) },
    seed,
    organization: {
      projects: State.projectsOf(requests)?.map((one, i) => ({
        id: textAt(one, "id") ?? `proj_unlisted${i}`,
        created_at: timeOf(one["created_at"]),
        archived_at: typeof one["archived_at"] === "string" ? timeOf(one["archived_at"]) : null
      })),
      models: Array.from({ length: models }, (_, i) => `model-${i}`),
      modelPermissions: "unsetModelPermissions" in behavior ? {} : modelPermissionsOf(requests),
      events: State.eventsOf(requests).toReversed().map(eventSeed(timeOf))
    }
  }
}

/** Maps the placeholders of a recorded reply to the ids in the replayed one. */
const bind = (ids: Map<string, string>, recorded: unknown, value: unknown): void => {
  if (typeof recorded === "string") {
    if (isPlaceholder(recorded) && typeof value === "string" && !ids.has(recorded)) ids.set(recorded, value)
  } else if (Array.isArray(recorded)) {
    if (Array.isArray(value)) for (const [i, one] of recorded.entries()) bind(ids, one, value[i])
  } else if (isFields(recorded)) {
    for (const [name, one] of Object.entries(recorded)) bind(ids, one, valueAt(value, name))
  }
}

/**
 * Returns the comparable requests, with the replies of a fake that starts `phase` milliseconds after a full second.
 */
const replyAt = (recording: Recording, phase: number): State.Requests => {
  const ids = new Map<string, string>()
  const idFor = (text: string): string => ids.get(text) ?? text
  const headers = { authorization: `Bearer ${State.key}`, "user-agent": "replay", "content-type": "application/json" }
  let state = Server.start(optionsOf(recording, phase), startAt * 1000)
  const sent = comparable(recording.parity.requests).flatMap((request): ReadonlyArray<Sent> => {
    const { method } = request
    const url = new URL(baseUrl + request.path.split("/").map(idFor).map(encodeURIComponent).join("/"))
    for (const [name, value] of request.query) url.searchParams.append(name, idFor(value))
    const body = request.projects && { project_ids: request.projects.map(idFor) }
    const at = startAt * 1000 + phase + request.sent
    const received = { method, url: url.href, path: url.pathname, query: [...url.searchParams], headers }
    const handled = Server.handle(state, { ...received, body: body === undefined ? "" : JSON.stringify(body) }, at)
    state = handled.state
    if (handled.outcome._tag === "Dropped") return []
    const { reply } = handled.outcome
    const text = reply.body._tag === "Text" ? reply.body.text : ""
    const answer = { status: reply.status, headers: reply.headers, body: parseJson(text) }
    bind(ids, request.reply?.body, answer.body)
    return [{ at, method, url, body, secrets: [], answer }]
  })
  return requestsOf(sent, baseUrl)
}

/**
 * Sends the comparable requests of a recording to a fake, and returns a line for each difference. Times of the API are
 * in whole seconds, and a recording has no milliseconds of its start. Several starts are tried, and the one with the
 * fewest differences is used.
 */
export const differencesOf = (recording: Recording): ReadonlyArray<string> => {
  const recorded = comparable(recording.parity.requests)
  let fewest: ReadonlyArray<string> | undefined
  for (let phase = 0; phase < 1000 && fewest?.length !== 0; phase += 100) {
    const found = compare(recorded, replyAt(recording, phase))
    if (fewest === undefined || found.length < fewest.length) fewest = found
  }
  return fewest ?? []
}
