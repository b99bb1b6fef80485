/** Runs a case of the contract on Effect 3. */
import { Access } from "@checkpoint-permissions/access"
import { CheckpointPermissions, Organization, Pacing, ProjectModels, RetryPolicy } from "@checkpoint-permissions/client"
import {
  type Call,
  type Case,
  type CustomPacing,
  checkpoint,
  type Environment,
  type ListCall,
  type Observed,
  type Observer,
  type ServiceOptions,
  serverOf
} from "@checkpoint-permissions/contract"
import { PermissionsError } from "@checkpoint-permissions/core"
import { FakePermissions, VirtualClock } from "@checkpoint-permissions/testing"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import {
  Chunk,
  Clock,
  Config,
  type ConfigError,
  ConfigProvider,
  Context,
  DateTime,
  Duration,
  Effect,
  Either,
  Exit,
  Fiber,
  identity,
  Layer,
  Logger,
  Option,
  Redacted,
  Schedule,
  Stream
} from "effect"

import { decorated } from "../../../client/test/support/limiters.ts"

/** As a program without types would pass it. */
const untyped = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

const ofUser = (
  { isRecorded = false, pausedFor, runsFor, sleeps }: CustomPacing,
  outcomes: Array<string>
): Pacing.Pacing => {
  const record = (...parts: ReadonlyArray<unknown>) =>
    Effect.sync(() => void (isRecorded && outcomes.push(parts.filter((part) => part !== undefined).join(" "))))
  const withPermit = <A, E>(
    request: () => Effect.Effect<A, E>,
    { maxPause, maxWait, outcome, urgent }: Pacing.PermitOptions
  ): Effect.Effect<A, E | Pacing.PausedTooLong> => {
    const started: Effect.Effect<unknown, E> =
      runsFor === undefined ? Effect.void : Effect.timeoutOption(request(), runsFor)
    const permitted: Effect.Effect<A, E | Pacing.PausedTooLong> =
      pausedFor === undefined
        ? request()
        : Effect.zipRight(
            started,
            Effect.fail({ _tag: "PausedTooLong", retryAfter: Duration.millis(pausedFor) } as const)
          )
    const ended = Effect.suspend(() => {
      const { limit, remaining, reset, retryAfter, status = "no reply" } = outcome() ?? {}
      return record(status, retryAfter, limit, remaining, reset)
    })
    const within = Duration.isFinite(maxWait) ? `within ${Duration.toMillis(maxWait)}` : undefined
    return record("permit", Duration.toMillis(maxPause), urgent, within).pipe(
      Effect.zipRight(Effect.sleep(sleeps)),
      Effect.zipRight(permitted),
      Effect.ensuring(ended)
    )
  }
  return { make: () => ({ withPermit }) }
}

const pacingOf = (pacing: ServiceOptions["pacing"], outcomes: Array<string>): Pacing.Pacing => {
  if (pacing === undefined || pacing === "none") return Pacing.none
  if (typeof pacing === "object" && "sleeps" in pacing) return ofUser(pacing, outcomes)
  return decorated(pacing === "adaptive" ? Pacing.adaptive : Pacing.fixed(pacing))
}

const scheduleOf = ({ every, times }: { readonly every: number; readonly times: number }) =>
  Schedule.intersect(Schedule.spaced(every), Schedule.recurs(times))

const retryOf = (retry: ServiceOptions["retry"]): CheckpointPermissions.Retry => {
  if (retry === undefined) return RetryPolicy.none
  if (retry === "standard") return RetryPolicy.standard
  return retry.cap === undefined ? scheduleOf(retry) : RetryPolicy.make({ cap: retry.cap, schedule: scheduleOf(retry) })
}

type Client = CheckpointPermissions.CheckpointPermissions | Organization.Organization

/** The services of an environment. */
const configured = ({ configs = {}, variables }: Environment, settings: CheckpointPermissions.ConfigOptions) => {
  const text = (name: string | undefined) => (name === undefined ? undefined : Config.string(name))
  const options = {
    ...settings,
    adminKey: configs.adminKey === undefined ? undefined : Config.redacted(configs.adminKey),
    apiUrl: text(configs.apiUrl),
    organizationId: text(configs.organizationId),
    projectId: text(configs.projectId)
  }
  return Effect.context<Client>().pipe(
    Effect.provide(Layer.merge(CheckpointPermissions.layerConfig(options), Organization.layerConfig(options))),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
  )
}

/** Makes the services without layers: of a small case, these would take half of the time. */
const made = (options: CheckpointPermissions.Options) =>
  Effect.zipWith(CheckpointPermissions.make(options), Organization.make(options), (permissions, organization) =>
    Context.make(CheckpointPermissions.CheckpointPermissions, permissions).pipe(
      Context.add(Organization.Organization, organization)
    )
  )

/** The server as a client sees it that sets a user agent. */
const withUserAgent = <A, E>(userAgent: string | undefined, server: Layer.Layer<A | HttpClient.HttpClient, E>) =>
  userAgent === undefined
    ? server
    : Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("user-agent", userAgent)))
      ).pipe(Layer.provideMerge(server))

const layersOf = (one: Case, { outcomes }: Seen) => {
  const { adminKey = "sk-admin-test", apiUrl, organizationId, pacing, projectId, retry, ...others } = one.options ?? {}
  const settings = { ...others, pacing: pacingOf(pacing, outcomes), retry: retryOf(retry) }
  const key = Redacted.make(adminKey)
  const admin = { ...settings, apiUrl, organizationId, projectId, adminKey: key }
  type Refused = PermissionsError.InvalidInputError | ConfigError.ConfigError
  const client: Effect.Effect<Context.Context<Client>, Refused, HttpClient.HttpClient> = one.environment === undefined
    ? made(admin)
    : configured(one.environment, settings)
  return {
    server: withUserAgent(one.environment?.userAgent, FakePermissions.layer(serverOf(one))),
    client,
    project: ProjectModels.make({ ...settings, apiUrl, organizationId, projectId: projectId ?? "proj_1", apiKey: key })
  }
}

type Project = ReturnType<typeof layersOf>["project"]
type Services = Access.Access | Client | HttpClient.HttpClient

const timeOf = (millis: number | undefined) => (millis === undefined ? undefined : DateTime.unsafeMake(millis))

const listed = (
  call: ListCall,
  project: Project
): Stream.Stream<{ readonly id: string }, PermissionsError.PermissionsError, Services> => {
  switch (call.call) {
    case "projects":
      return Organization.projects(call)
    case "events":
      return Organization.events({ types: call.types, since: timeOf(call.since), until: timeOf(call.until) })
    case "adminKeys":
      return Organization.adminKeys
    case "models":
      return Stream.unwrap(Effect.map(project, ({ models }) => models))
    case "jobs":
      return Stream.unwrap(Effect.map(project, ({ jobs }) => jobs))
    case "checkpoints":
      return Stream.unwrap(Effect.map(project, ({ checkpoints }) => checkpoints(call.job)))
  }
}

/** The observations of calls before they end. */
interface Seen {
  readonly given: Array<string>
  readonly outcomes: Array<string>
}

/** An observer that takes so long, and notes its arguments. */
const taking =
  ({ name, takes, uninterruptible = false }: Observer, { outcomes }: Seen) =>
  (told: { readonly operation: string; readonly status?: number; readonly delay?: Duration.Duration }) =>
    Effect.suspend(() => {
      const what = told.delay === undefined ? told.status : Duration.toMillis(told.delay)
      if (name !== undefined) outcomes.push([name, told.operation, what].join(" ").trim())
      if (takes === "never") return Effect.never
      const ended = Effect.sync(() => void (name !== undefined && takes > 0 && outcomes.push(`${name} ended`)))
      return Effect.zipRight(Effect.sleep(takes), ended)
    }).pipe(uninterruptible ? Effect.uninterruptible : identity)

const perform = (
  call: Call,
  seen: Seen,
  project: Project
): Effect.Effect<unknown, PermissionsError.PermissionsError, Services> => {
  const inner = (of: Call) => perform(of, seen, project)
  switch (call.call) {
    case "projects":
    case "events":
    case "adminKeys":
    case "models":
    case "jobs":
    case "checkpoints":
      return Stream.runCollect(Stream.map(listed(call, project), ({ id }) => id)).pipe(
        Effect.map(Chunk.toReadonlyArray)
      )
    case "sequence":
    case "together":
      return Effect.flatMap(Clock.currentTimeMillis, (from) =>
        Effect.forEach(
          call.of,
          (of) =>
            Effect.zipRight(
              inner(of),
              Effect.map(Clock.currentTimeMillis, (now) => now - from)
            ),
          { concurrency: call.call === "together" ? "unbounded" : 1 }
        )
      )
    case "delayed":
      return Effect.delay(inner(call.of), call.by)
    case "uninterruptible":
      return Effect.uninterruptible(inner(call.of))
    case "finishInFlight":
      return CheckpointPermissions.finishInFlight(inner(call.of), ({ error, operation }) =>
        Effect.sync(() => void seen.outcomes.push(`${operation} ${error === undefined ? "done" : error._tag}`))
      )
    case "timeout":
      return Effect.map(
        Effect.timeoutOption(inner(call.of), call.after),
        Option.getOrElse(() => "late")
      )
    case "interrupt":
      return Effect.flatMap(Effect.fork(inner(call.of)), (fiber) =>
        Effect.sleep(call.after).pipe(
          Effect.zipRight(Fiber.interrupt(fiber)),
          Effect.flatMap((exit) => (Exit.isInterrupted(exit) ? Effect.succeed("interrupted") : exit))
        )
      )
    case "acquireUseRelease":
      return Effect.acquireUseRelease(
        inner(call.acquire),
        () => Effect.never,
        () => Effect.orDie(inner(call.release))
      )
    case "withOptions": {
      const { call: _, of, onReply, onWait, retry, ...others } = call
      return CheckpointPermissions.withOptions(inner(of), {
        ...others,
        retry: retry && (retry.cap === undefined ? scheduleOf(retry) : retryOf({ ...retry, cap: retry.cap })),
        onReply: onReply && taking(onReply, seen),
        onWait: onWait && taking(onWait, seen)
      })
    }
    case "modelPermissions":
      return Organization.modelPermissions(call.project)
    case "server":
      return CheckpointPermissions.server
    case "list":
      return CheckpointPermissions.list(call.checkpoint, untyped(call.params))
    case "stream": {
      const stream = CheckpointPermissions.stream(call.checkpoint, untyped(call.params))
      const all = CheckpointPermissions.withOptions(stream, { deadline: call.deadline })
      return (call.take === undefined ? all : Stream.take(all, call.take)).pipe(
        Stream.map(({ project_id }) => project_id),
        Stream.tap((project) => Effect.sync(() => void seen.given.push(project))),
        call.each === undefined ? identity : Stream.tap(() => Effect.sleep(call.each ?? 0)),
        Stream.runCollect,
        Effect.map(Chunk.toReadonlyArray)
      )
    }
    case "create":
      return CheckpointPermissions.create(call.checkpoint, untyped(call.projects))
    case "delete":
      return CheckpointPermissions.delete(call.checkpoint, call.permission)
    case "grant":
      return Access.grant(untyped(call.checkpoint), untyped(call.projects))
    case "revoke":
      return Access.revoke(untyped(call.checkpoint), untyped(call.projects))
    case "repeat":
      return Effect.forEach(
        Array.from({ length: call.count }),
        () => Effect.match(inner(call.of), { onFailure: ({ _tag }): unknown => _tag, onSuccess: identity }),
        { concurrency: call.concurrency ?? 1 }
      )
    case "estimate":
      return Effect.map(
        Effect.zipRight(Effect.ignore(inner(call.after)), CheckpointPermissions.estimate({ list: call.list })),
        ({ duration, unrefused, ...rest }) => ({
          ...rest,
          duration: Duration.toMillis(duration),
          ...(unrefused === undefined ? {} : { unrefused: Duration.toMillis(unrefused) })
        })
      )
  }
}

const failureOf = (error: PermissionsError.PermissionsError | ConfigError.ConfigError): object =>
  PermissionsError.isPermissionsError(error)
    ? PermissionsError.toFailure(error)
    : {
        kind: "ConfigError",
        message: String(error),
        invalid: error._op === "InvalidData" ? error.path.join(".") : undefined,
        mayHaveExecuted: false
      }

/** Runs it on a clock of its own, which does not wait, by fibers that yield after so many steps. */
export const observe = (one: Case, steps = 2048): Effect.Effect<Observed> => {
  const seen: Seen = { given: [], outcomes: [] }
  const { client, project, server } = layersOf(one, seen)
  const warnings: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel._tag === "Warning") warnings.push(String(message))
  })
  return Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const from = yield* Clock.currentTimeMillis
    const result = yield* Effect.flatMap(client, (services) =>
      Effect.flatMap(Access.make(Context.get(services, CheckpointPermissions.CheckpointPermissions)), (access) =>
        Effect.provide(perform(one.call, seen, project), Context.add(services, Access.Access, access))
      )
    ).pipe(Effect.either)
    const took = (yield* Clock.currentTimeMillis) - from
    return {
      outcome: Either.match(result, {
        onLeft: (error) => ({ fail: failureOf(error) }),
        onRight: (ok) => ({ ok })
      }),
      requests: yield* fake.requests,
      leaves: ((yield* fake.allPermissions)[checkpoint] ?? []).map(({ project_id }) => project_id),
      ...seen,
      warnings,
      took
    }
  }).pipe(
    Effect.provide(server),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
    Effect.withMaxOpsBeforeYield(steps),
    VirtualClock.run
  )
}
