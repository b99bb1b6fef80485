/** Runs a case in virtual time and writes down all that happens. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import type { Identifiers, Permission, PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions, Faults, VirtualClock } from "@checkpoint-permissions/testing"
import { HttpClient } from "@effect/platform"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Logger, LogLevel, Option, Random, Redacted, Stream } from "effect"
import { type Case, checkpoints, projects, type Step, startAt } from "./modelCase.ts"

export type State = Readonly<Record<string, ReadonlyArray<Permission.Permission>>>

export type Answer =
  | { readonly _tag: "granted"; readonly report: Access.Granted }
  | { readonly _tag: "revoked"; readonly report: Access.Revoked }
  | { readonly _tag: "listed"; readonly permissions: ReadonlyArray<Permission.Permission>; readonly resumed: number }
  | { readonly _tag: "created"; readonly permissions: ReadonlyArray<Permission.Permission> }
  | { readonly _tag: "deleted" }

export type Result =
  | { readonly _tag: "done"; readonly answer: Answer }
  | { readonly _tag: "failed"; readonly error: PermissionsError.PermissionsError }
  | { readonly _tag: "interrupted" }
  /** Something that nobody declared, such as more requests than there can be. */
  | { readonly _tag: "died"; readonly reason: string }

/** One step as it went. `start` and `end` are places in the order of everything that began and ended. */
export interface Happened {
  readonly fiber: number
  readonly service: 0 | 1
  readonly step: Step
  /** What a delete is about. */
  readonly target: Permission.Permission | undefined
  readonly start: number
  readonly end: number
  readonly startedAt: number
  readonly endedAt: number
  readonly before: State
  readonly after: State
  readonly result: Result
}

export interface Trace {
  readonly happened: ReadonlyArray<Happened>
  readonly initial: State
  /** When every program had ended. */
  readonly final: State
  /** One more grant of everything, by one service, without faults; then a listing. */
  readonly settling: ReadonlyArray<Happened>
  readonly settled: State
  readonly requests: ReadonlyArray<FakePermissions.RecordedRequest>
  readonly requestsAfterwards: ReadonlyArray<FakePermissions.RecordedRequest>
  /** Milliseconds that it took, and why it was cut short if it was. */
  readonly took: number
  readonly endless: string | undefined
}

export type Mutate = (service: CheckpointPermissions.Service) => CheckpointPermissions.Service

/** More than any case needs: the most that was seen are 700 requests in 4 hours. */
export const mostRequests = 3000
export const mostTime = Duration.days(7)

const tooMany = `more than ${mostRequests} requests`

const resultOf = (exit: Exit.Exit<Answer, PermissionsError.PermissionsError>): Result => {
  if (Exit.isSuccess(exit)) return { _tag: "done", answer: exit.value }
  const failure = Cause.failureOption(exit.cause)
  if (Option.isSome(failure)) return { _tag: "failed", error: failure.value }
  return Cause.isInterruptedOnly(exit.cause)
    ? { _tag: "interrupted" }
    : { _tag: "died", reason: String(Cause.squash(exit.cause)) }
}

const listing = (service: CheckpointPermissions.Service, step: Extract<Step, { readonly _tag: "list" }>) =>
  Effect.gen(function* () {
    const permissions: Array<Permission.Permission> = []
    const read = (after: Identifiers.PermissionId | undefined) =>
      service.stream(step.checkpoint, { project_id: step.project, order: step.order, after }).pipe(
        Stream.mapChunksEffect((page) => Effect.as(Effect.sleep(step.pause), page)),
        Stream.runForEach((permission) => Effect.sync(() => permissions.push(permission)))
      )
    let resumed = 0
    const resuming = (self: ReturnType<typeof read>): Effect.Effect<void, PermissionsError.PermissionsError> =>
      Effect.catchAll(self, (error) => {
        if (!step.resume || resumed === 3 || error.resumeAfter === undefined) return Effect.fail(error)
        resumed += 1
        return resuming(read(error.resumeAfter))
      })
    yield* resuming(read(undefined))
    return { _tag: "listed", permissions, resumed } as const
  })

const perform = (
  service: CheckpointPermissions.Service,
  step: Step,
  target: Permission.Permission | undefined
): Effect.Effect<Answer, PermissionsError.PermissionsError> => {
  const through = Effect.provideService(CheckpointPermissions.CheckpointPermissions, service)
  switch (step._tag) {
    case "grant":
      return Effect.map(through(Access.grant(step.checkpoint, step.projects)), (report) => ({
        _tag: "granted",
        report
      }))
    case "revoke":
      return Effect.map(through(Access.revoke(step.checkpoint, step.projects)), (report) => ({
        _tag: "revoked",
        report
      }))
    case "list":
      return listing(service, step)
    case "create":
      return Effect.map(service.create(step.checkpoint, step.projects), ({ data }) => ({
        _tag: "created",
        permissions: data
      }))
    case "delete":
      return target === undefined
        ? Effect.succeed({ _tag: "deleted" })
        : Effect.as(service.delete(step.checkpoint, target.id), { _tag: "deleted" })
  }
}

const interrupted = <A, E>(self: Effect.Effect<A, E>, after: number | undefined): Effect.Effect<Exit.Exit<A, E>> =>
  after === undefined
    ? Effect.exit(self)
    : Effect.gen(function* () {
        const fiber = yield* Effect.fork(self)
        yield* Effect.raceFirst(Fiber.await(fiber), Effect.sleep(after))
        return yield* Fiber.interrupt(fiber)
      })

const recorder = (fake: FakePermissions.Service) => {
  let place = 0
  const record = (into: Array<Happened>, fiber: number, number: 0 | 1, service: CheckpointPermissions.Service) =>
    Effect.fnUntraced(function* (step: Step) {
      yield* Effect.sleep(step.wait)
      const before = yield* fake.allPermissions
      const there = before[step.checkpoint] ?? []
      const target = step._tag === "delete" ? there[step.nth % there.length] : undefined
      const start = ++place
      const startedAt = yield* Clock.currentTimeMillis
      const exit = yield* interrupted(
        perform(service, step, target),
        "interruptAfter" in step ? step.interruptAfter : undefined
      )
      const after = yield* fake.allPermissions
      const end = ++place
      const endedAt = yield* Clock.currentTimeMillis
      const result = resultOf(exit)
      into.push({ fiber, service: number, step, target, start, end, startedAt, endedAt, before, after, result })
    })
  return record
}

/** Everything granted once more, mostly together, sometimes one by one; and listed. */
const settlingSteps = (one: Case): ReadonlyArray<Step> =>
  checkpoints.flatMap((checkpoint, n): ReadonlyArray<Step> => {
    const used = one.programs.some(({ steps }) => steps.some((step) => step.checkpoint === checkpoint))
    if (!used) return []
    const all = { _tag: "grant", checkpoint, wait: 0 } as const
    const grants: ReadonlyArray<Step> =
      (one.seed + n) % 8 === 0 ? projects.map((project) => ({ ...all, projects: [project] })) : [{ ...all, projects }]
    const project = (one.seed + n) % 2 === 0 ? projects[n] : undefined
    return [...grants, { _tag: "list", checkpoint, order: "descending", pause: 0, resume: false, wait: 0, project }]
  })

const generous = { maxLimit: 100, maxProjects: 100, shortPages: "never" } as const

export const run = (one: Case, mutate: Mutate = (service) => service): Effect.Effect<Trace> =>
  Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    let sent = 0
    const counted = HttpClient.transform(yield* HttpClient.HttpClient, (send) =>
      Effect.suspend(() => (++sent > mostRequests ? Effect.dieMessage(tooMany) : send))
    )
    const service = (options: Case["client"]) =>
      CheckpointPermissions.make({
        adminKey: Redacted.make("sk-admin-model"),
        ...options,
        pacing: Pacing[options.pacing]
      }).pipe(Effect.map(mutate), Effect.provideService(HttpClient.HttpClient, counted), Effect.orDie)
    const services = [yield* service(one.client), yield* service(one.client)] as const

    const happened: Array<Happened> = []
    const settling: Array<Happened> = []
    const record = recorder(fake)
    for (const { checkpoint, ...permission } of one.initial) yield* fake.seed({ [checkpoint]: [permission] })
    const initial = yield* fake.allPermissions
    const programs = Effect.forEach(
      one.programs,
      (program, n) =>
        Effect.forEach(program.steps, record(happened, n + 1, program.service, services[program.service]), {
          discard: true
        }),
      { concurrency: "unbounded", discard: true }
    )
    const inTime = <A>(self: Effect.Effect<A>) =>
      Effect.map(Effect.timeoutOption(Effect.disconnect(self), mostTime), Option.isSome)

    const ended = yield* inTime(programs)
    const final = yield* fake.allPermissions
    const took = (yield* Clock.currentTimeMillis) - startAt
    const requests = yield* fake.requests
    yield* fake.clearRequests
    yield* fake.setFaults(Faults.none)
    // Mostly by somebody new who reads all at once: that the service as it is gets through quiet times is seen in the
    // programs too, and most of the requests would be made here.
    const asItIs = one.seed % 4 === 0
    yield* fake.setBehavior(asItIs ? { rate: "unlimited" } : { rate: "unlimited", ...generous })
    const last = asItIs ? services[0] : yield* service({ pageSize: 100, prefetch: false, pacing: "none" })
    const settledInTime = yield* inTime(
      Effect.forEach(settlingSteps(one), record(settling, 0, 0, last), { discard: true })
    )
    const settled = yield* fake.allPermissions
    const requestsAfterwards = yield* fake.requests
    const endless = sent > mostRequests ? tooMany : ended && settledInTime ? undefined : "it does not end"
    return { happened, initial, final, settling, settled, requests, requestsAfterwards, took, endless }
  }).pipe(
    Effect.provide(FakePermissions.layer({ behavior: one.behavior, faults: one.faults })),
    Effect.withTracerEnabled(false),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.withRandom(Random.make(one.seed)),
    (program) => VirtualClock.run(program, { startAt })
  )
