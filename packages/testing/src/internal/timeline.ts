import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Shuffle } from "./shuffle.ts"
import { Sleepers } from "./sleepers.ts"
import { nextTurn, VirtualScheduler } from "./virtualScheduler.ts"

/**
 * A clock that goes on to the next wake-up as soon as nothing else can happen:
 * the scheduler has no task, and in a turn of the event loop of its own, so that
 * no promise is left that could still be settled.
 */
export class Timeline implements Clock.Clock {
  readonly [Clock.ClockTypeId]: typeof Clock.ClockTypeId = Clock.ClockTypeId
  readonly scheduler: VirtualScheduler
  private readonly sleepers = new Sleepers()
  private armed = false
  private closed = false
  private holds = 0
  private now: number

  constructor(startAt: number, shuffle: Shuffle | undefined) {
    this.now = startAt
    this.scheduler = new VirtualScheduler(shuffle)
  }

  unsafeCurrentTimeMillis(): number {
    return this.now
  }

  unsafeCurrentTimeNanos(): bigint {
    const whole = Math.floor(this.now)
    return BigInt(whole) * 1_000_000n + BigInt(Math.round((this.now - whole) * 1_000_000))
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.async((resume) => {
      const sleeper = this.sleepers.add(this.now + millis, () => resume(Effect.void))
      this.arm()
      return Effect.sync(() => this.sleepers.cancel(sleeper))
    })
  }

  /** Time stands still while `effect` runs. */
  hold<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        this.holds += 1
      }),
      () => effect,
      () =>
        Effect.sync(() => {
          this.holds -= 1
          this.arm()
        })
    )
  }

  /** Time stands still for ever; who sleeps is not woken. */
  close(): void {
    this.closed = true
    this.sleepers.clear()
  }

  private arm(): void {
    if (this.armed || this.closed || this.holds > 0) return
    this.armed = true
    nextTurn(this.turn)
  }

  private readonly turn = (): void => {
    this.armed = false
    if (this.closed || this.holds > 0) return
    if (!this.scheduler.busy) {
      const next = this.sleepers.first()
      if (next === undefined) return
      this.now = next.time
      while (this.sleepers.first()?.time === this.now) this.sleepers.wakeFirst()
    }
    this.arm()
  }
}
