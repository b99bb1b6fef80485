/** Follows a job as an apply tells of its steps, and says what came of it. */
import type { Row } from "@checkpoint-permissions/access/AccessMatrix"
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import type { AccessPolicy } from "@checkpoint-permissions/access/AccessPolicy"
import { oneLine, printable } from "@checkpoint-permissions/access/TerminalText"
import { Event, type Happening, type Job } from "@checkpoint-permissions/cluster/Job"
import type * as Jobs from "@checkpoint-permissions/cluster/Jobs"
import { counted } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tally from "../apply/tally.ts"
import type { Signal } from "../exitCode.ts"
import { type Failure, failed, incomplete, Stopped } from "../failure.ts"
import { makeRestOf } from "../terminal/estimate.ts"
import { stoppable } from "../terminal/interruption.ts"
import * as Screen from "../terminal/screen.ts"
import { jsonLine } from "../terminal/style.ts"
import type { StoreAddress } from "./address.ts"
import type { Workplace } from "./open.ts"

const encode = Schema.encodeSync(Event)

type Ended = Extract<Happening, { readonly _tag: "Ended" }>

/** What a job has told. */
export interface Told {
  readonly tally: Tally.Tally
  readonly ended: Ended | undefined
  /** What an audit has read. */
  readonly rows: ReadonlyMap<string, Row>
}

/** What is said of an event that is no step. */
const remark = (happening: Happening): string | undefined => {
  switch (happening._tag) {
    case "Unread":
      return `${printable(happening.checkpoint)}: could not be read: ${oneLine(happening.reason)}`
    case "Refused":
      return happening.reason === "deadline"
        ? `${printable(happening.checkpoint)}: left as it is: the job's deadline is over`
        : `${printable(happening.checkpoint)}: left as it is: ${happening.by === undefined ? "a later job" : `job ${happening.by}`} was there since`
    case "StopRequested":
      return `${oneLine(happening.actor ?? "unknown")} asked for it to stop: no further checkpoint is begun`
    case "Began":
      return happening.attempt > 1
        ? `${printable(happening.checkpoint)}: another worker was lost here: it is read again`
        : undefined
    default:
      return undefined
  }
}

/** Nothing more is done at its checkpoint. */
const finishes = (happening: Happening): boolean =>
  happening._tag === "Step" ? happening.step._tag === "CheckpointFinished" : finishing.has(happening._tag)

const finishing: ReadonlySet<Happening["_tag"]> = new Set(["Unread", "Audited", "Refused"])

/** Prints events until the job has ended, or for as long as there are any. */
export const tell = <E, R>(
  name: string,
  job: Job,
  events: Stream.Stream<Event, E, R>,
  options: { readonly json: boolean; readonly policy?: AccessPolicy | undefined }
) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const rest = makeRestOf(job.checkpoints.total)
    const rows = new Map<string, Row>()
    let told: Told = { tally: Tally.nothing, ended: undefined, rows }
    const onEvent = Effect.fnUntraced(function* (event: Event) {
      const { happening } = event
      if (options.json) yield* screen.print(jsonLine(encode(event)))
      if (happening._tag === "Ended") told = { ...told, ended: happening }
      if (happening._tag === "Audited") rows.set(happening.row.checkpoint, happening.row)
      if (happening._tag === "Step") {
        told = { ...told, tally: Tally.add(told.tally, happening.step) }
        const { done, wrong } = Tally.line(happening.step, options.policy ?? {}, screen.out)
        if (done !== undefined && !options.json) yield* screen.print(done)
        if (wrong !== undefined) yield* screen.complain(wrong)
      }
      const line = remark(happening)
      if (line !== undefined) yield* screen.complain(line)
      rest.at(DateTime.toEpochMillis(event.at), finishes(happening))
      const { total } = job.checkpoints
      const left = rest.words()
      const progress =
        job.kind === "audit" ? `${rows.size} of ${total} read${left}` : Tally.progress(told.tally, total, left)
      yield* screen.progress(`${name}: job ${job.id}: ${progress}`)
    })
    yield* Stream.runForEach(events, onEvent)
    yield* screen.clear
    return told
  })

/** What is said of a job that is not done. */
const was = ({ kind }: Job, { outcome, reason }: Ended): string =>
  ({
    done: "is done, but not every checkpoint could be read for its plan",
    incomplete: `is done, but ${kind === "audit" ? "not everything could be read" : "not everything is as planned"}`,
    stopped: "was stopped",
    expired: "came to its deadline",
    failed: `failed${reason === undefined ? "" : `: ${oneLine(reason)}`}`
  })[outcome]

/** How a job ended, as one failure or none. Who only followed it has no plan. */
export const verdict = (
  name: string,
  job: Job,
  { ended, tally }: Told,
  plan?: Pick<AccessPlan, "checkpoints" | "unread">,
  signal?: Signal
): Option.Option<Failure> => {
  if (ended === undefined || (ended.outcome === "done" && (plan?.unread ?? []).length === 0)) return Option.none()
  const left =
    ended.remaining === 0 ? "" : `, with ${ended.remaining} of ${counted(job.checkpoints.total, "checkpoint")} left`
  const rest =
    plan === undefined
      ? `${left}; to go on, submit the same again`
      : `; ${Tally.summary(tally, plan)}; run it again for the rest`
  const message = `${name}: job ${job.id} ${was(job, ended)}${rest}, which reads every checkpoint anew`
  if (ended.outcome === "stopped" && signal !== undefined) return Option.some(new Stopped({ message, signal }))
  const isNothingDone = ended.outcome === "failed" && !Tally.hasChanged(tally)
  return Option.some(isNothingDone ? failed(message) : incomplete(message))
}

interface Following {
  readonly store: StoreAddress
  readonly workplace: Workplace
  readonly actor: string | undefined
  readonly maxDuration: Option.Option<Duration.Duration>
}

/** A worker that is there has begun by then. */
const patience = "5 seconds"

/** The events of a job until it has ended. Says where to find a worker if nobody begins. */
export const followed = (name: string, store: StoreAddress, { follow }: Jobs.Service, { id }: Job) =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const remind = Screen.complain(
        `${name}: no worker has begun job ${id} yet, and it waits for one: checkpoint-permissions worker --store ${store.name}`
      )
      const waiting = yield* Effect.forkScoped(Effect.delay(remind, patience))
      return Stream.tap(follow(id), () => Fiber.interrupt(waiting))
    })
  )

/**
 * Submits a job and follows it, which outlives who does: a signal ends a job only where its worker ends with it, and
 * otherwise leaves it to its workers; `--max-duration` always ends it.
 */
export const submitted = <A, E extends Failure, R, E2 extends Failure, R2>(
  name: string,
  { actor, maxDuration, store, workplace: { jobs, worksHere } }: Following,
  submit: Effect.Effect<Job, E, R>,
  use: (job: Job, events: ReturnType<typeof followed>, signal: () => Signal | undefined) => Effect.Effect<A, E2, R2>
) =>
  Effect.gen(function* () {
    const endsWith = (signal: Signal | undefined) => (signal === undefined ? Effect.succeed(true) : worksHere)
    const tellOfStop = (why: string, signal: Signal | undefined) =>
      Effect.whenEffect(Screen.complain(`${name}: ${why}: stops before the next checkpoint`), endsWith(signal))
    return yield* stoppable({ maxDuration }, tellOfStop, (stop, signal) =>
      Effect.gen(function* () {
        const job = yield* submit
        const comeBack = `checkpoint-permissions jobs follow ${job.id} --store ${store.name} shows the rest, and jobs stop ${job.id} stops it`
        const stopped = Effect.gen(function* () {
          yield* stop
          const which = signal()
          if (which !== undefined && !(yield* worksHere)) {
            return yield* new Stopped({
              signal: which,
              message: `${name}: job ${job.id} goes on without this command: ${comeBack}`
            })
          }
          return yield* Effect.zipRight(jobs.stop(job.id, actor), Effect.never)
        })
        return yield* use(job, followed(name, store, jobs, job), signal).pipe(
          Effect.raceFirst(stopped),
          Effect.mapError((error) =>
            error._tag === "StoreUnavailable"
              ? failed(`${name}: ${error.message}; nothing is lost: when it is back, ${comeBack}`)
              : error
          )
        )
      })
    )
  })
