import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Pacing from "@checkpoint-permissions/client/Pacing"
import { fromFailure, type PermissionsError } from "@checkpoint-permissions/core/PermissionsError"
import * as settling from "@checkpoint-permissions/protocol/settling"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import type { YieldWrap } from "effect/Utils"
import type { Found } from "../plan/model.ts"
import { until } from "../run/until.ts"
import { type Failed, failedWith, read } from "./read.ts"
import type { Writes } from "./writes.ts"

/** What a program yields. */
type Yielded<E> = YieldWrap<Effect.Effect<unknown, PermissionsError | E>>

/** What the programs of `protocol/settling` are made of, at one checkpoint. */
export const calls = <E>(
  service: Service,
  checkpoint: string,
  writes: Writes<E>,
  mayDelete: (permission: Found) => boolean = () => true
): settling.Calls<Yielded<E>, Found, Failed> => ({
  checkpoint,
  read: (projects) => read(service, checkpoint, projects),
  create: (projects) =>
    Effect.map(
      writes.create(projects),
      Either.match({
        onLeft: (error) => ({ failure: failedWith(error) }),
        onRight: (page) => ({ page })
      })
    ),
  onFound: writes.onFound,
  delete: (permission, { atOnce, within }) => {
    const remove = writes.delete(permission)
    return until(Effect.sleep(within), atOnce ? Pacing.withoutWaiting(remove) : remove)
  },
  deleted: writes.deleted,
  mayDelete,
  turn: Effect.flatMap(service.estimate({ delete: 1 }), ({ duration, unrefused }) =>
    Effect.sleep(unrefused ?? duration)
  ),
  sleep: (millis, { jittered }) =>
    jittered
      ? Effect.flatMap(Random.nextRange(0.8, 1.2), (factor) => Effect.sleep(millis * factor))
      : Effect.sleep(millis),
  now: Clock.currentTimeMillis,
  each: (programs) =>
    Effect.forEach(programs, (program) => Effect.gen(program), { concurrency: settling.limits.concurrency }),
  fail: (failure) => Effect.fail("error" in failure ? failure.error : fromFailure(failure))
})
