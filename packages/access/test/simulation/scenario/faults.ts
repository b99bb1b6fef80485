/**
 * Fault plans that a right client must hold under. What no client could hold under is left out, and said where. The contract
 * has the other ways in which a reply can fail.
 */
import { faults } from "@checkpoint-permissions/fake"
import * as fc from "effect/FastCheck"

/** A 429 means that the request was not executed, so it never follows one that was. */
const rateLimited = fc
  .constantFrom({}, { "retry-after": "2" }, { "retry-after-ms": "300" })
  .map((headers) => faults.rateLimited(headers))

const serverError = fc
  .record({ status: fc.constantFrom(503, 500), worked: fc.boolean() })
  .map(({ status, worked }) => faults.error(status, { worked }))

/** A 404 to a delete means that the permission does not exist: after a delete that may have worked it is trusted. */
const refused = fc
  .record({ status: fc.constantFrom(409, 400, 401, 403, 404), worked: fc.boolean() })
  .map(({ status, worked }) => faults.error(status, { worked: worked || status === 404 }))

const dropped = fc.oneof(
  fc.constantFrom("ECONNREFUSED", "ECONNRESET").map((code) => faults.dropBefore(code)),
  fc.constant(faults.dropAfter())
)

/** 40 seconds is more than an attempt may take. */
const late = fc.oneof(
  fc.constantFrom(300, 40_000).map((before) => faults.latency({ before })),
  fc.constantFrom(300, 40_000).map((after) => faults.latency({ after })),
  fc.constant(faults.lateWork(2000, "wait"))
)

const page = fc
  .constantFrom("repeated-cursor" as const, "missing-has-more" as const)
  .map((defect) => faults.page(defect))

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
  fault: fc.oneof(serverError, dropped, late, refused),
  operation: fc.constantFrom("create" as const, "delete" as const),
  nth: fc.integer({ min: 1, max: 4 }),
  times
})
const ofAny = fc.record({
  fault: fc.oneof(
    { weight: 3, arbitrary: serverError },
    { weight: 3, arbitrary: dropped },
    { weight: 2, arbitrary: late },
    { weight: 1, arbitrary: refused }
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

/** Plans under which anything but a wrong answer may come out. */
export const serverFaults: fc.Arbitrary<faults.Plan> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(faults.none) },
  { weight: 6, arbitrary: scripted },
  { weight: 1, arbitrary: falselyGone }
)
