/** The service on a fake of its own. */
import { CheckpointPermissions, FakePermissions, Pacing, RetryPolicy } from "@checkpoint-permissions/effect4"
import { Layer, Redacted, Schedule, Tracer } from "effect"

export const checkpoint = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
export const key = "sk-admin-a-secret-that-must-not-be-seen"

export const projects = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `proj_${index + 1}`)

/** A fake whose one checkpoint has one permission. */
export const one = { seed: { [checkpoint]: projects(1) } }

/** Unpaced and without retries, unless told otherwise. */
export const onFake = (fake: FakePermissions.Options = {}, options: Partial<CheckpointPermissions.Options> = {}) =>
  CheckpointPermissions.layer({
    adminKey: Redacted.make(key),
    pacing: Pacing.none,
    retry: RetryPolicy.none,
    ...options
  }).pipe(Layer.provideMerge(FakePermissions.layer(fake)))

/** Three more attempts, a second apart. */
export const quick = RetryPolicy.make({ schedule: Schedule.upTo(Schedule.spaced("1 second"), { times: 3 }) })

/** A tracer, and the spans that it made. */
export const tracing = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer }
}
