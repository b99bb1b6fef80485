/** Runs a case of the contract on Effect 4. */
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
import {
  Access,
  CheckpointPermissions,
  FakePermissions,
  Organization,
  Pacing,
  PermissionsError,
  ProjectModels,
  RetryPolicy,
  VirtualClock
} from "@checkpoint-permissions/effect4"
import {
  Cause,
  Clock,
  Config,
  ConfigProvider,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  identity,
  Layer,
  Logger,
  Option,
  Redacted,
  References,
  Result,
  Schedule,
  Scheduler,
  Stream
} from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"

/** As a program without types would pass it. */
const untyped = (value: unknown) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

/** The limiters behind an implementation of a user: all cases run through the public interface, which may call requests eagerly. */
export const decorated = (pacing: Pacing.Pacing): Pacing.Pacing => ({
  ...pacing,
  make: (operation) => {
    const { estimate, withPermit } = pacing.make(operation)
    return {
      withPermit: (request, options) => {
        const unpaused = request()
        return withPermit((paused) => (paused === undefined ? unpaused : request(paused)), { ...options })
      },
      estimate
    }
  }
})

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
        : Effect.andThen(
            started,
            Effect.fail({ _tag: "PausedTooLong", retryAfter: Duration.millis(pausedFor) } as const)
          )
    const ended = Effect.suspend(() => {
      const { limit, remaining, reset, retryAfter, status = "no reply" } = outcome() ?? {}
      return record(status, retryAfter, limit, remaining, reset)
    })
    const within = Duration.isFinite(maxWait) ? `within ${Duration.toMillis(maxWait)}` : undefined
    return record("permit", Duration.toMillis(maxPause), urgent, within).pipe(
      Effect.andThen(Effect.sleep(sleeps)),
      Effect.andThen(permitted),
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
  Schedule.upTo(Schedule.spaced(every), { times })

const retryOf = (retry: ServiceOptions["retry"]): CheckpointPermissions.Retry => {
  if (retry === undefined) return RetryPolicy.none
  if (retry === "standard") return RetryPolicy.standard
  return retry.cap === undefined ? scheduleOf(retry) : RetryPolicy.make({ cap: retry.cap, schedule: scheduleOf(retry) })
}

/** The services of an environment. */
const configured = ({ configs = {}, variables }: Environment, settings: CheckpointPermissions.ConfigOptions) => {
  const text = (name: string | undefined) => (name === undefined ? undefined : Config.String(name))
  const options = {
    ...settings,
    adminKey: configs.adminKey === undefined ? undefined : Config.Redacted(configs.adminKey),
    apiUrl: text(configs.apiUrl),
    organizationId: text(configs.organizationId),
    projectId: text(configs.projectId)
  }
  return Layer.merge(CheckpointPermissions.layerConfig(options), Organization.layerConfig(options)).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))
  )
}

/** The server as a client sees it that sets a user agent. */
const withUserAgent = <A, E>(userAgent: string | undefined, server: Layer.Layer<A | HttpClient.HttpClient, E>) =>
  userAgent === undefined
    ? server
    : Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("user-agent", userAgent)))
      ).pipe(Layer.provideMerge(server))

type Client = CheckpointPermissions.CheckpointPermissions | Organization.Organization

const layersOf = (one: Case, { outcomes }: Seen) => {
  const { adminKey = "sk-admin-test", apiUrl, organizationId, pacing, projectId, retry, ...others } = one.options ?? {}
  const settings = { ...others, pacing: pacingOf(pacing, outcomes), retry: retryOf(retry) }
  const key = Redacted.make(adminKey)
  const admin = { ...settings, apiUrl, organizationId, projectId, adminKey: key }
  const client: Layer.Layer<Client, PermissionsError.InvalidInputError | Config.ConfigError, HttpClient.HttpClient> =
    one.environment === undefined
      ? Layer.merge(CheckpointPermissions.layer(admin), Organization.layer(admin))
      : configured(one.environment, settings)
  return {
    server: withUserAgent(one.environment?.userAgent, FakePermissions.layer(serverOf(one))),
    client: Layer.provideMerge(Access.layer, client),
    project: ProjectModels.make({ ...settings, apiUrl, organizationId, projectId: projectId ?? "proj_1", apiKey: key })
  }
}

type Project = ReturnType<typeof layersOf>["project"]
type Services =
  | Access.Access
  | CheckpointPermissions.CheckpointPermissions
  | Organization.Organization
  | HttpClient.HttpClient

const timeOf = (millis: number | undefined) => (millis === undefined ? undefined : DateTime.makeUnsafe(millis))

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
      return Effect.andThen(Effect.sleep(takes), ended)
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
      return Stream.runCollect(Stream.map(listed(call, project), ({ id }) => id))
    case "sequence":
    case "together":
      return Effect.flatMap(Clock.currentTimeMillis, (from) =>
        Effect.forEach(
          call.of,
          (of) =>
            Effect.andThen(
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
      return Effect.flatMap(Effect.forkChild(inner(call.of)), (fiber) =>
        Effect.sleep(call.after).pipe(
          Effect.andThen(Fiber.interrupt(fiber)),
          Effect.andThen(Fiber.await(fiber)),
          Effect.flatMap((exit) =>
            Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause) ? Effect.succeed("interrupted") : exit
          )
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
        Stream.runCollect
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
        Effect.andThen(Effect.ignore(inner(call.after)), CheckpointPermissions.estimate({ list: call.list })),
        ({ duration, unrefused, ...rest }) => ({
          ...rest,
          duration: Duration.toMillis(duration),
          ...(unrefused === undefined ? {} : { unrefused: Duration.toMillis(unrefused) })
        })
      )
  }
}

const failureOf = (error: PermissionsError.PermissionsError | Config.ConfigError): object =>
  PermissionsError.isPermissionsError(error)
    ? PermissionsError.toFailure(error)
    : {
        kind: "ConfigError",
        message: String(error),
        invalid: error.cause.message.split(": ")[0],
        mayHaveExecuted: false
      }

/** Runs it on a clock of its own, which does not wait, by fibers that yield after so many steps. */
export const observe = (one: Case, steps = 2048): Effect.Effect<Observed> => {
  const seen: Seen = { given: [], outcomes: [] }
  const { client, project, server } = layersOf(one, seen)
  const warnings: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn") warnings.push(String(message))
  })
  return Effect.gen(function* () {
    const fake = yield* FakePermissions.FakePermissions
    const from = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(Effect.provide(perform(one.call, seen, project), client))
    const took = (yield* Clock.currentTimeMillis) - from
    return {
      outcome: Result.match(result, {
        onFailure: (error) => ({ fail: failureOf(error) }),
        onSuccess: (ok) => ({ ok })
      }),
      requests: yield* fake.requests,
      leaves: ((yield* fake.allPermissions)[checkpoint] ?? []).map(({ project_id }) => project_id),
      ...seen,
      warnings,
      took
    }
  }).pipe(
    Effect.provide(server),
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "Info"),
    Effect.provideService(Scheduler.MaxOpsBeforeYield, steps),
    VirtualClock.run
  )
}
