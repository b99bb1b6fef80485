/** Reads the model permissions of projects beside other requests, and marks the access of each checkpoint. */
import type { Service } from "@checkpoint-permissions/client/Organization"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { markOf } from "@checkpoint-permissions/protocol/modelPermissions"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import { optional } from "../json.ts"
import * as Run from "../run/run.ts"

/** Reads the model permissions of a project. */
export type Read = Service["modelPermissions"]

/** The marks of a checkpoint: for projects whose model permissions may exclude it, or are unknown. */
export const marks = {
  marks: optional(
    Schema.Array(
      Schema.Struct({
        project: ProjectId,
        mark: Schema.Literal("unknown", "not in the project's allow list", "in the project's deny list")
      })
    )
  )
}

/**
 * A summary of the read of model permissions. `read` is the number of read projects, `failure` the first reason why
 * others are unknown. Absent if they were not requested: then no access is marked.
 */
export const summary = {
  modelPermissions: optional(Schema.Struct({ read: Schema.Int, failure: optional(Schema.String) }))
}

type List = Effect.Effect.Success<ReturnType<Read>>

/** The lists that were read, by project, and the first reason why others are unknown. */
export interface Lists {
  readonly lists: ReadonlyMap<string, List>
  readonly failure: string | undefined
}

export const summaryOf = ({ failure, lists }: Lists): Schema.Struct.Type<typeof summary> => ({
  modelPermissions: { read: lists.size, ...(failure === undefined ? {} : { failure }) }
})

/**
 * Returns the marks of a checkpoint, for those of the projects that have one. `siblings` are the other checkpoints of
 * its job.
 */
export const marksOf = (
  { lists }: Lists,
  checkpoint: string,
  projects: Iterable<ProjectId>,
  siblings: ReadonlyArray<string> = []
) => {
  const marks = [...new Set(projects)].flatMap((project) => {
    const mark = lists.has(project) ? markOf(lists.get(project), checkpoint, siblings) : "unknown"
    return mark === undefined ? [] : [{ project, mark }]
  })
  return marks.length === 0 ? {} : { marks }
}

type Marked = Schema.Struct.Type<typeof marks>

/** Returns the mark of a project at a checkpoint, if it has one. */
export const markIn = ({ marks = [] }: Marked, project: string | undefined) =>
  marks.find((one) => one.project === project)?.mark

/** Returns the mark of a project at a checkpoint as text that needs no context. Empty without a mark. */
export const markText = (marked: Marked, project: string | undefined): string => {
  const mark = markIn(marked, project)
  return mark === "unknown" ? "model permissions: unknown" : (mark ?? "")
}

/** Returns the sentence about unread model permissions. Empty if all were read, or none requested. */
export const unreadText = ({ modelPermissions }: Schema.Struct.Type<typeof summary>): string =>
  modelPermissions?.failure === undefined ? "" : `model permissions not read: ${modelPermissions.failure}`

const refusals = ["AuthenticationError", "MissingScopeError", "PermissionDeniedError"]

/**
 * Makes a reader. `ask` requests the list of each project once, in the background. `lists` waits for all of them. The
 * first failure that affects every project ends the reading, and so does the end of the run.
 */
export const makeReader = Effect.fnUntraced(function* (read: Read, concurrency: number, run: Run.Run) {
  // a `Mailbox` loses an offer if its reader yields between finding it empty and waiting
  const queue = yield* Queue.unbounded<Take.Take<string>>()
  const asked = new Set<string>()
  const lists = new Map<string, List>()
  let failure: string | undefined
  let isEnded = false

  const readOne = Effect.fnUntraced(function* (project: string) {
    if (isEnded) return
    const outcome = yield* Effect.either(Run.interruptWhenHalted(run, read(project)))
    if (Either.isLeft(outcome)) {
      isEnded ||= !Run.affectsOneCheckpoint(outcome.left)
      failure ??= refusals.includes(outcome.left._tag) ? "the key lacks the scope" : outcome.left.message
    } else if (Option.isSome(outcome.right)) {
      lists.set(project, outcome.right.value)
    } else {
      isEnded = true
      failure ??= run.endedBy === undefined ? "stopped" : `the run ended, ${run.endedBy.message}`
    }
  })
  // forked here, so that a read gets neither the retries nor the observers of the listing that calls `ask`
  const reading = yield* Stream.flattenTake(Stream.fromQueue(queue)).pipe(
    Stream.mapEffect(readOne, { concurrency, unordered: true }),
    Stream.runDrain,
    Effect.interruptible,
    Effect.forkScoped
  )
  return {
    ask: (projects: Iterable<string>) =>
      Effect.suspend(() => {
        const missing = [...projects].filter((project) => !asked.has(project) && asked.add(project))
        return Effect.asVoid(Queue.offerAll(queue, missing.map(Take.of)))
      }),
    lists: Queue.offer(queue, Take.end).pipe(
      Effect.zipRight(Fiber.join(reading)),
      Effect.map(() => ({ lists, failure }))
    )
  }
})
