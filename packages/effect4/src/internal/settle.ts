/** What the programs of `protocol/settling` are made of, with a service. */
import type { Failure } from "@checkpoint-permissions/protocol/failure"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { withoutWaiting } from "../Pacing.ts"
import type { Permission } from "../Permission.ts"
import { fromFailure, type PermissionsError, toFailure } from "../PermissionsError.ts"
import * as observer from "./observer.ts"
import { FinishInFlight } from "./retry/region.ts"
import type { Service } from "./service.ts"

const finishInFlight = observer.add(FinishInFlight)

/** What a program yields. */
type Yielded = Effect.Effect<unknown, PermissionsError>

/** A failure as the rules see it, and as it is reported. */
type Failed = Failure & { readonly error: PermissionsError }

const failedWith = (error: PermissionsError): Failed => ({ ...toFailure(error), error })

/** The error that a failure came from, or one of its own if it says more: that an earlier create may be carried out. */
const errorOf = (failure: Failed | Failure): PermissionsError => {
  if (!("error" in failure)) return fromFailure(failure)
  const { error, ...failed } = failure
  return error.mayHaveExecuted === failed.mayHaveExecuted ? error : fromFailure(failed)
}

const readCalls = (service: Service, checkpoint: string): settling.ReadCalls<Yielded, Permission, Failed> => ({
  list: (params, counts) =>
    service.pages(checkpoint, params).pipe(
      Stream.map(({ data }) => data.filter(({ project_id }) => counts(project_id))),
      Stream.runCollect,
      Effect.match({ onFailure: (error) => ({ failure: failedWith(error) }), onSuccess: (pages) => ({ pages }) })
    ),
  now: Clock.currentTimeMillis,
  fail: ({ error }) => Effect.fail(error)
})

/** The deletes of a checkpoint. `onDeleted` receives each permission as soon as it is gone. */
const deleteCalls = (
  service: Service,
  checkpoint: string,
  onDeleted: (permission: Permission) => void
): settling.DeleteCalls<Yielded, Permission, Failed> => ({
  send: (permission) =>
    Effect.match(
      finishInFlight(service.delete(checkpoint, permission.id), ({ error }) =>
        error === undefined ? Effect.sync(() => onDeleted(permission)) : Effect.void
      ),
      { onFailure: failedWith, onSuccess: () => undefined }
    ),
  isListed: ({ id, project_id }) =>
    service.stream(checkpoint, { project_id }).pipe(
      Stream.filter((listed) => listed.id === id),
      Stream.runHead,
      Effect.map(Option.isSome)
    ),
  onGone: (permission) => Effect.sync(() => onDeleted(permission))
})

/** The calls that the programs of a checkpoint are made of. */
export const calls = (
  service: Service,
  checkpoint: string
): settling.Calls<Yielded, Permission, Failed> & settling.RevokeCalls<Yielded, Permission, Failed> => {
  const deleted = new Set<string>()
  const deletes = deleteCalls(service, checkpoint, ({ id }) => void deleted.add(id))
  return {
    ...deletes,
    checkpoint,
    read: (projects) => Effect.gen(() => settling.read(readCalls(service, checkpoint), projects)),
    create: (projects) =>
      Effect.match(
        finishInFlight(service.create(checkpoint, projects), () => Effect.void),
        {
          onFailure: (error) => ({ failure: failedWith(error) }),
          onSuccess: (page) => ({ page })
        }
      ),
    onFound: () => Effect.void,
    delete: (permission, { atOnce, within }) => {
      const remove = Effect.flatMap(
        Effect.gen(() => settling.deletePermission(deletes, permission)),
        (failed) => (failed === undefined ? Effect.void : Effect.fail(failed.error))
      )
      // what is in flight then is finished
      return Effect.timeoutOption(atOnce ? withoutWaiting(remove) : remove, within)
    },
    deleted,
    mayDelete: () => true,
    turn: Effect.flatMap(service.estimate({ delete: 1 }), ({ duration, unrefused }) =>
      Effect.sleep(unrefused ?? duration)
    ),
    sleep: (millis, { jittered }) =>
      Effect.flatMap(Random.next, (random) => Effect.sleep(millis * (jittered ? 0.8 + 0.4 * random : 1))),
    now: Clock.currentTimeMillis,
    each: (programs) =>
      Effect.forEach(programs, (program) => Effect.gen(program), { concurrency: settling.limits.concurrency }),
    fail: (failure) => Effect.fail(errorOf(failure))
  }
}
