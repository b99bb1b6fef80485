/** One night, as pure functions, and as the services run it. */
import { CheckpointPermissions, Organization, Pacing, RetryPolicy } from "@checkpoint-permissions/client"
import { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import * as Events from "@checkpoint-permissions/protocol/events"
import { ofReply } from "@checkpoint-permissions/protocol/failure"
import * as operations from "@checkpoint-permissions/protocol/operations"
import type { Checked } from "@checkpoint-permissions/protocol/parameters"
import { HttpClient } from "@effect/platform"
import { Clock, DateTime, Deferred, Effect, Either, Redacted } from "effect"
import { Access, type AccessPolicy, Drift } from "../../src/index.ts"
import type { Row } from "../../src/internal/audit/matrix.ts"
import { changesIn, loggedChanges, windowsToSearch } from "../../src/internal/drift/log.ts"
import { shifted } from "../../src/internal/drift/read.ts"
import type { LogRead, SearchedWindow } from "../../src/internal/history/log.ts"
import { FakeResponse } from "../simulation/world/reply.ts"
import type { History, Night } from "./history.ts"
import type { NightWorld, World } from "./world.ts"

/** Reads as `Drift.read` does. */
export type Driver = (
  history: History,
  policy: AccessPolicy.AccessPolicy,
  night: Night,
  world: World,
  begun: NightWorld
) => Drift.Drift | undefined | Promise<Drift.Drift | undefined>

/** The policy of a history as a policy. */
export const policyOf = ({ policy }: History): AccessPolicy.AccessPolicy => ({
  version: 1,
  checkpoints: Object.fromEntries(
    policy.map(({ checkpoint, entries, mode, owner }) => [
      checkpoint,
      {
        mode,
        ...(owner === undefined ? {} : { owner: Identifiers.ProjectId.make(owner) }),
        projects: entries.map(({ project, until }) =>
          until === undefined ? project : { project: Identifiers.ProjectId.make(project), until }
        )
      }
    ])
  )
})

const calls = operations.make(Identifiers)
const lists = operations.lists(Identifiers)

const send = <R>(begun: NightWorld, checked: Checked<operations.Call<R>>) => {
  if ("reason" in checked) throw new Error(checked.reason)
  const { request, ...call } = checked.ok
  const outcome = begun.request({
    method: request.method,
    url: request.path,
    path: `/v1${request.path}`,
    query: Object.entries(request.query ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((one): readonly [string, string] => [name, String(one)])
    ),
    headers: { authorization: "Bearer any" },
    body: ""
  })
  if (outcome._tag === "Dropped" || outcome.reply.body._tag !== "Text") throw new Error("not a reply of the world")
  const { body, headers, status } = outcome.reply
  const from = { ...call, server: "https://api.openai.com/v1", mayHaveExecuted: false }
  return ofReply(from, { status, headers, body: body.text, now: 0, complete: true }, (text) => text)
}

const time = (millis: number) => DateTime.unsafeMake(millis)

const rowOf = (world: World, begun: NightWorld, name: string): Row => {
  const checkpoint = Identifiers.CheckpointId.make(name)
  const readFrom = time(world.machineTime())
  const unread = (reason: string): Row => {
    return { checkpoint, readFrom, readAt: time(world.machineTime()), complete: false, reason, permissions: [] }
  }
  if (begun.isStopped()) return unread("stopped")
  const reply = send(begun, calls.list({ checkpoint, params: { limit: 100, order: "ascending" } }))
  const readAt = time(world.machineTime())
  if (!("ok" in reply)) {
    const row = unread(reply.kind)
    return row.complete || reply.kind !== "NotFoundError" ? row : { ...row, notFound: true }
  }
  if (reply.ok.has_more) return unread("cut short")
  const permissions = reply.ok.data.map(({ created_at, id, project_id }) => ({ created_at, id, project_id }))
  return { checkpoint, readFrom, readAt, complete: true, permissions }
}

const readLog = (
  begun: NightWorld,
  filter: operations.EventFilter,
  { pages = Number.POSITIVE_INFINITY, pageSize }: { readonly pages?: number; readonly pageSize: number }
): LogRead => {
  const events: Array<LogRead["events"][number]> = []
  let after: string | undefined
  for (let read = 0; ; ) {
    if (begun.isStopped()) return { events, pages: read, end: "stopped" }
    const reply = send(begun, lists["list-audit-logs"]({ ...filter, place: { after, limit: pageSize } }))
    if (!("ok" in reply)) {
      const error = new PermissionsError.ServerError({ operation: "list-audit-logs", status: 500 })
      return { events, pages: read, end: "failed", error }
    }
    events.push(...reply.ok.data)
    read += 1
    if (!reply.ok.has_more) return { events, pages: read, end: "end of the log" }
    if (read >= pages) return { events, pages: read, end: "used up" }
    after = reply.ok.data.at(-1)?.id
  }
}

/** Reads as pure functions over the fake. */
export const pure: Driver = ({ pageSize, policy: wanted }, policy, night, world, begun) => {
  const createdAt = time(world.machineTime())
  const rows = wanted.map(({ checkpoint }) => rowOf(world, begun, checkpoint))
  const listed = begun.isStopped()
    ? undefined
    : send(begun, lists["list-projects"]({ includeArchived: true, place: { limit: 100 } }))
  const projects = listed !== undefined && "ok" in listed ? listed.ok.data : undefined
  const askedAt = world.machineTime()
  const newest = readLog(begun, { types: [Events.created, Events.deleted] }, { pages: 30, pageSize })
  const managed = new Set(wanted.map(({ checkpoint }) => checkpoint))
  const open = Events.openGrants(Events.join(newest.events)).flatMap(({ checkpoint = "" }) =>
    checkpoint === "" || managed.has(checkpoint) ? [] : [checkpoint]
  )
  const others = night.unmanaged ? [...new Set(open)].map((checkpoint) => rowOf(world, begun, checkpoint)) : []
  const offset = world.date() - world.machineTime()
  const matrix = shifted(
    {
      format: "checkpoint-permissions/matrix",
      version: 1,
      createdAt,
      apiUrl: "https://api.openai.com/v1",
      names: {},
      projects: [],
      rows: [...rows, ...others]
    },
    offset
  )
  const searched = Either.getOrThrow(windowsToSearch(policy, matrix, newest)).map((window): SearchedWindow => {
    const filter = { types: [Events.created], since: window.from * 1000, until: (window.to + 1) * 1000 }
    return { window, reading: readLog(begun, filter, { pageSize }) }
  })
  const log = loggedChanges(newest, searched, {
    askedAt: time(askedAt + offset),
    ...changesIn(matrix, newest, searched)
  })
  return Either.getOrThrow(Drift.make(policy, matrix, log, { projects, isUnmanagedRead: night.unmanaged }))
}

/** Returns the client of a night. `onReply` is called after each reply. */
const clientOf = (begun: NightWorld, onReply: Effect.Effect<void>): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const outcome = begun.request({
        method: request.method,
        url: request.url,
        path: url.pathname,
        query: [...url.searchParams],
        headers: request.headers,
        body: ""
      })
      if (outcome._tag === "Dropped") return Effect.dieMessage("not a reply of the world")
      return Effect.as(onReply, new FakeResponse(request, outcome.reply))
    })
  )

/** A clock that the world alone moves: no timeout is ever reached. */
const clockOf = (world: World): Clock.Clock => ({
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  unsafeCurrentTimeMillis: () => world.machineTime(),
  unsafeCurrentTimeNanos: () => BigInt(world.machineTime()) * 1_000_000n,
  currentTimeMillis: Effect.sync(() => world.machineTime()),
  currentTimeNanos: Effect.sync(() => BigInt(world.machineTime()) * 1_000_000n),
  sleep: () => Effect.never
})

/** Reads by `Drift.read`, with the services over the same world. */
export const services: Driver = ({ pageSize }, policy, night, world, begun) =>
  Effect.gen(function* () {
    const stopped = yield* Deferred.make<void>()
    const client = clientOf(
      begun,
      Effect.suspend(() => (begun.isStopped() ? Deferred.succeed(stopped, undefined) : Effect.void))
    )
    const options = { adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none, retry: RetryPolicy.none }
    const run = Drift.read(policy, {
      concurrency: 1,
      now: Effect.sync(() => time(world.date())),
      stop: Deferred.await(stopped),
      unmanaged: night.unmanaged
    })
    const drift = yield* run.pipe(
      Effect.provideServiceEffect(Access.Access, Effect.flatMap(CheckpointPermissions.make(options), Access.make)),
      Effect.provideServiceEffect(Organization.Organization, Organization.make({ ...options, pageSize })),
      Effect.provideService(HttpClient.HttpClient, client),
      Effect.withClock(clockOf(world)),
      Effect.either
    )
    // nothing was read
    return Either.getOrUndefined(drift)
  }).pipe(Effect.runPromise)
