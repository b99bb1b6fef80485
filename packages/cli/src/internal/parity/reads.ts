/** The settings that a run can find with GETs only. */
import * as Effect from "effect/Effect"
import * as Request from "./exchange.ts"
import { created, type Event, eventsOf, pageOf, type Send } from "./exchange.ts"
import * as Meaning from "./meanings.ts"
import { found, isFound, notObservable, type Outcome, type Outcomes, ofAudit, orUnanswered } from "./outcomes.ts"
import { listingProbe } from "./pages.ts"

/** The id of a checkpoint that does not exist. */
const unknownCheckpoint = "ft:gpt-4o-mini-2024-07-18:parity:nobody:00000000"

const modelPermissions = Effect.fnUntraced(function* (send: Send) {
  const projects = pageOf(yield* send(Request.projects(2)))
  return Meaning.unsetModelPermissions(
    yield* Effect.forEach(projects?.items ?? [], ({ id }) => send(Request.modelPermissions(id)))
  )
})

const createdEvents = ["event_types[]", created] as const

/** Searches the log for an event by each of its ids. */
export const auditResources = (send: Send, event: Event): Effect.Effect<Outcome> =>
  Effect.filter(["permission", "checkpoint", "project"] as const, (resource) => {
    const id = event[resource]
    if (id === undefined) return Effect.succeed(false)
    return Effect.map(send(Request.auditLogs([createdEvents, ["resource_ids[]", id], ["limit", "100"]])), (response) =>
      (eventsOf(response) ?? []).some((one) => one.id === event.id)
    )
  }).pipe(
    Effect.map((resources) => found(resources)),
    orUnanswered
  )

const auditProbe = (send: Send): Effect.Effect<Outcomes> =>
  Effect.gen(function* () {
    const response = yield* send(Request.auditLogs([createdEvents, ["limit", "1"]]))
    const [event] = eventsOf(response) ?? []
    const none = notObservable("the audit log has no grant")
    return {
      auditLog: Meaning.auditLog(response),
      auditResources: event === undefined ? none : yield* auditResources(send, event)
    }
  }).pipe(ofAudit)

/** Finds all settings that need no write. `checkpoint` must have permissions. */
export const reads = Effect.fnUntraced(function* (send: Send, checkpoint: string | undefined) {
  const known: Outcomes = {
    missingScopeStatus: yield* orUnanswered(Effect.map(send(Request.models), Meaning.missingScopeStatus)),
    unsetModelPermissions: yield* orUnanswered(modelPermissions(send)),
    ...(yield* auditProbe(send)),
    unknownCheckpoints: yield* orUnanswered(
      Effect.map(send(Request.list(unknownCheckpoint, [["limit", "1"]])), Meaning.unknownCheckpoints)
    )
  }
  const listed = checkpoint ?? (isFound(known["unknownCheckpoints"], "accept") ? unknownCheckpoint : undefined)
  return listed === undefined ? known : { ...known, ...(yield* listingProbe(send, listed)) }
})
