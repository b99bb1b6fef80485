/** Fault plans that a right client must hold under. What no client could hold under is left out, and said where. */
import { faults } from "@checkpoint-permissions/fake"
import * as fc from "effect/FastCheck"

const shouldRetry = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  { "x-should-retry": "true" },
  { "x-should-retry": "false" },
  { "retry-after": "61" }
)

/** A 429 means that the request was not executed, so it never follows one that was. */
const rateLimited = fc
  .constantFrom({}, { "retry-after": "2" }, { "retry-after-ms": "300" })
  .map((headers) => faults.rateLimited(headers))

const serverError = fc
  .record({ status: fc.constantFrom(503, 500, 502, 504, 520), worked: fc.boolean(), headers: shouldRetry })
  .map(({ status, ...options }) => faults.error(status, options))

/** A 404 to a delete means that the permission does not exist: after a delete that may have worked it is trusted. */
const refused = fc
  .record({ status: fc.constantFrom(409, 400, 422, 408, 401, 403, 404), worked: fc.boolean(), headers: shouldRetry })
  .map(({ status, worked, headers }) => faults.error(status, { headers, worked: worked || status === 404 }))

const html = fc
  .record({ status: fc.constantFrom(200, 502), worked: fc.boolean() })
  .map(({ status, worked }) => faults.html(status, { worked }))

const dropped = fc.oneof(
  fc.constantFrom("ECONNREFUSED", "ECONNRESET", "ENOTFOUND").map((code) => faults.dropBefore(code)),
  fc.constantFrom("ECONNRESET", "UND_ERR_SOCKET", "ETIMEDOUT").map((code) => faults.dropAfter(code))
)

/** 40 seconds is more than an attempt may take. */
const late = fc.oneof(
  fc.constantFrom(300, 40_000).map((before) => faults.latency({ before })),
  fc.constantFrom(300, 40_000).map((after) => faults.latency({ after })),
  fc.constant(faults.lateWork(2000, "wait"))
)

const broken = fc.oneof(
  fc
    .record({ share: fc.constantFrom(0.5, 0, 0.9), then: fc.constantFrom("drop" as const, "end" as const) })
    .map((options) => faults.truncatedBody(options)),
  fc.constant(faults.redirect("https://elsewhere.example/v1/fine_tuning/checkpoints")),
  fc.constant(faults.falseGzip),
  fc.constant(faults.endless({ chunk: 0 })),
  fc.constant(faults.huge({ bytes: 100_000 }))
)

const defects = [
  "repeated-cursor",
  "missing-has-more",
  "has-more-yes",
  "null-last-id",
  "missing-last-id",
  "data-not-list",
  "item-without-id"
] as const
const page = fc.constantFrom(...defects).map((defect) => faults.page(defect))

/** A listing that is answered late changes nothing; a write that is carried out after it was given up is not promised. */
const onlyOfListings = fc.oneof(
  page,
  fc.constantFrom("drop" as const, "gateway-timeout" as const).map((meanwhile) => faults.lateWork(5000, meanwhile))
)

const few = fc.constantFrom(1, 1, 1, 2, 3, 4)
const times = fc.oneof({ weight: 9, arbitrary: few }, { weight: 1, arbitrary: fc.constant(1000) })
const nth = fc.integer({ min: 1, max: 12 })

const ofListings = fc.record({ fault: onlyOfListings, operation: fc.constant("list" as const), nth, times })
const ofWrites = fc.record({
  fault: fc.oneof(serverError, dropped, html, late, broken, refused),
  operation: fc.constantFrom("create" as const, "delete" as const),
  nth: fc.integer({ min: 1, max: 4 }),
  times
})
const ofAny = fc.record({
  fault: fc.oneof(
    { weight: 3, arbitrary: serverError },
    { weight: 3, arbitrary: dropped },
    { weight: 2, arbitrary: late },
    { weight: 1, arbitrary: html },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: refused },
    { weight: 1, arbitrary: fc.constant(faults.quotaExhausted) }
  ),
  nth,
  times
})

const limited = fc.record({ fault: rateLimited, nth, times })

const scripted = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: ofAny },
      { weight: 3, arbitrary: ofWrites },
      { weight: 2, arbitrary: ofListings },
      { weight: 1, arbitrary: limited }
    ),
    { minLength: 1, maxLength: 5 }
  )
  .map((entries) => faults.scripted(entries))

/** Of listings alone. */
export const listingFaults: fc.Arbitrary<faults.Plan> = fc
  .array(ofListings, { maxLength: 3 })
  .map((entries) => faults.scripted(entries))

/** Something between answers in the server's place that there is no such permission; listings may fail as ever. */
const falselyGone = fc
  .record({
    first: fc.record({
      fault: fc.constant(faults.error(404)),
      operation: fc.constant("delete" as const),
      nth: fc.integer({ min: 1, max: 4 }),
      times: few
    }),
    others: fc.array(ofListings, { maxLength: 2 })
  })
  .map(({ first, others }) => faults.scripted([first, ...others]))

/** Work that is done late is drawn for listings alone. */
const kinds = faults.kinds.filter((kind) => kind !== "late-work" && kind !== "late-work-dropped")

const seeded = fc
  .record(
    {
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      probability: fc.constantFrom(0.05, 0.1, 0.2, 0.4, 1),
      kinds: fc.subarray(kinds, { minLength: 3 }),
      atMost: fc.integer({ min: 1, max: 10 }),
      consecutive: fc.integer({ min: 1, max: 4 })
    },
    { requiredKeys: ["seed", "probability", "kinds"] }
  )
  .map((options) => faults.random(options))

const seededListings = fc
  .record({ seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }), probability: fc.constantFrom(0.1, 0.3, 1) })
  .map((options) => faults.random({ ...options, operations: ["list"] }))

/** Plans under which anything but a wrong answer may come out. */
export const serverFaults: fc.Arbitrary<faults.Plan> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(faults.none) },
  { weight: 6, arbitrary: scripted },
  { weight: 1, arbitrary: falselyGone },
  { weight: 1, arbitrary: seeded },
  { weight: 1, arbitrary: seededListings }
)

const passing = (fault: faults.Fault): boolean => {
  switch (fault._tag) {
    case "DropBefore":
    case "DropAfter":
    case "Latency":
    case "Huge":
      return true
    case "Html":
      return fault.status >= 500
    case "LateWork":
      return true
    case "Reply":
      return (fault.status >= 500 || fault.status === 408) && fault.headers["x-should-retry"] !== "false"
    default:
      return false
  }
}

/** So few faults, all of which pass by themselves, that every operation must get through. */
export const survivable = (plan: faults.Plan): boolean =>
  plan._tag === "Scripted" &&
  plan.entries.every(({ fault }) => passing(fault)) &&
  plan.entries.reduce((sum, { times = 1 }) => sum + times, 0) <= 4
