import { type VirtualClock, virtual } from "@checkpoint-permissions/fake/clock"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Shuffle } from "./shuffle.ts"
import { VirtualScheduler } from "./virtualScheduler.ts"

/** A virtual clock of the fake as Effect's, with the scheduler that says whether any fiber can still go on. */
export class Timeline implements Clock.Clock {
  readonly [Clock.ClockTypeId]: typeof Clock.ClockTypeId = Clock.ClockTypeId
  readonly scheduler: VirtualScheduler
  readonly clock: VirtualClock

  constructor(startAt: number, shuffle: Shuffle | undefined) {
    const scheduler = new VirtualScheduler(shuffle)
    this.scheduler = scheduler
    this.clock = virtual({ startAt, isBusy: () => scheduler.busy })
  }

  unsafeCurrentTimeMillis(): number {
    return this.clock.now()
  }

  unsafeCurrentTimeNanos(): bigint {
    const whole = Math.floor(this.clock.now())
    return BigInt(whole) * 1_000_000n + BigInt(Math.round((this.clock.now() - whole) * 1_000_000))
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.async((resume) => {
      const cancel = this.clock.setTimer(() => resume(Effect.void), millis)
      return Effect.sync(cancel)
    })
  }
}
