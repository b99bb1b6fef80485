/** The calls of the programs of `protocol/writes`, over a service. */
import { type Failure, pastDeadline } from "@checkpoint-permissions/protocol/failure"
import * as writes from "@checkpoint-permissions/protocol/writes"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { ProjectId } from "../Identifiers.ts"
import type { Permission } from "../Permission.ts"
import { fromFailure, type PermissionsError, toFailure } from "../PermissionsError.ts"
import { CurrentCallOptions, finishInFlight, withOptions } from "./callOptions.ts"
import type { Service } from "./service.ts"

/** The effects that a program yields. */
type Yielded = Effect.Effect<unknown, PermissionsError>

export type Program<A> = writes.Program<Yielded, A>

export type Calls = writes.Calls<Yielded, Permission> & writes.RevokeCalls<Yielded, Permission>

const fail = (failure: Failure) => Effect.fail(fromFailure(failure))

const readCalls = (service: Service, checkpoint: string): writes.ReadCalls<Yielded, Permission> => ({
  list: (params, counts) =>
    service.pages(checkpoint, params).pipe(
      Stream.map(({ data }) => data.filter(({ project_id }) => counts(project_id))),
      Stream.runCollect,
      Effect.match({ onFailure: (error) => ({ failure: toFailure(error) }), onSuccess: (pages) => ({ pages }) })
    ),
  now: Clock.currentTimeMillis,
  fail
})

/** Sleeps. Returns false, without a wait, if the deadline in force would pass before its end. */
const sleepWithin = (millis: number): Effect.Effect<boolean> =>
  Effect.flatMap(CurrentCallOptions, ({ deadlineAt = Number.POSITIVE_INFINITY }) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now + millis < deadlineAt ? Effect.as(Effect.sleep(millis), true) : Effect.succeed(false)
    )
  )

/** The deletes of a checkpoint. */
const deleteCalls = (service: Service, checkpoint: string): Pick<Calls, "delete" | "deleted"> => {
  const deleted = new Set<string>()
  /** The error of each permission's last delete. It is known even if the delete was interrupted. */
  const errors = new Map<string, PermissionsError>()
  const remove = ({ id, project_id }: Permission) => {
    const calls: writes.DeleteCalls<Yielded> = {
      checkpoint,
      isListed: Effect.map(
        Stream.runHead(Stream.filter(service.stream(checkpoint, { project_id }), (listed) => listed.id === id)),
        Option.isSome
      ),
      fail
    }
    return finishInFlight(service.delete(checkpoint, id), (ended) =>
      Effect.sync(() => {
        if (ended.error !== undefined) errors.set(id, ended.error)
        else if (ended.operation === "delete" && ended.reply.deleted) deleted.add(id)
      })
    ).pipe(
      Effect.match({ onFailure: (error) => ({ failure: toFailure(error) }), onSuccess: (reply) => ({ reply }) }),
      Effect.flatMap((result) => Effect.gen(() => writes.afterDelete(calls, result))),
      Effect.match({ onFailure: toFailure, onSuccess: () => void deleted.add(id) })
    )
  }

  return {
    deleted,
    delete: (permission, options) =>
      Effect.gen(function* () {
        if (options === undefined) return yield* remove(permission)
        const { urgent, withdrawAfter } = options
        const inTime = yield* Effect.timeoutOption(withOptions(remove(permission), { urgent: urgent }), withdrawAfter)
        if (Option.isSome(inTime)) return inTime.value
        // A delete in flight was finished, and a refusal is a failure.
        const error = errors.get(permission.id)
        // the program lists again after the other deletes
        const isFinal = error !== undefined && !error.isRetryable && error._tag !== "NotFoundError"
        return isFinal ? toFailure(error) : undefined
      })
  }
}

/** Makes the calls of the programs at one checkpoint. */
export const calls = (service: Service, checkpoint: string, owner: ProjectId | undefined): Calls => ({
  ...deleteCalls(service, checkpoint),
  checkpoint,
  read: (...wanted) => Effect.gen(() => writes.read(readCalls(service, checkpoint), ...wanted)),
  create: (projects) =>
    Effect.match(finishInFlight(service.create(checkpoint, projects)), {
      onFailure: (error) => ({ failure: toFailure(error) }),
      onSuccess: (page) => ({ page })
    }),
  onFound: () => Effect.void,
  isOwner: (project) => project === owner,
  mayDelete: () => true,
  waitForRateLimit: Effect.flatMap(service.estimate({ delete: 1 }), ({ duration, unrefused }) =>
    Effect.flatMap(sleepWithin(Duration.toMillis(unrefused ?? duration)), (isOver) =>
      isOver ? Effect.void : fail({ ...pastDeadline("delete"), checkpoint })
    )
  ),
  sleep: (millis, { jittered }) =>
    Effect.flatMap(Random.next, (random) => sleepWithin(millis * (jittered ? 0.8 + 0.4 * random : 1))),
  now: Clock.currentTimeMillis,
  each: (programs) =>
    Effect.forEach(programs, (program) => Effect.gen(program), { concurrency: writes.limits.concurrency }),
  fail
})
