import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Either, FastCheck as fc } from "effect"
import { AccessMatrix, AccessPolicy, AccessReview } from "../src/index.ts"
import { held, matrix } from "./support/audit.ts"

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)
const day = fc.integer({ min: 0, max: 40_000 }).map((days) => dayOf(days * 86_400_000))

const policy = fc.record(
  {
    version: fc.constant(1 as const),
    reviewEvery: fc.integer({ min: 1, max: 9999 }).map((days) => `${days}d`),
    checkpoints: fc.dictionary(
      fc.constantFrom("ft:a", "ft:b", "ft:c", "ft:d"),
      fc.record({ lastReview: day, projects: fc.constant([]) }, { requiredKeys: ["projects"] })
    )
  },
  { requiredKeys: ["version", "checkpoints"] }
)

type Encoded = typeof AccessPolicy.AccessPolicy.Encoded

/** Returns true if an entry is due on a day: by counting days, one at a time of the calendar. */
const oracle = ({ reviewEvery }: Encoded, lastReview: string | undefined, today: string): boolean => {
  if (reviewEvery === undefined) return false
  if (lastReview === undefined || lastReview > today) return true
  const [year = 0, month = 0, date = 0] = lastReview.split("-").map(Number)
  return dayOf(Date.UTC(year, month - 1, date + Number(reviewEvery.replace("d", "")))) <= today
}

describe("reviews", () => {
  it("are due as an oracle says, for random policies and days", () => {
    fc.assert(
      fc.property(policy, day, (encoded, today) => {
        const entries = Either.getOrThrow(AccessReview.entries(Effect.runSync(AccessPolicy.make(encoded)), today))
        const due = entries.flatMap(({ checkpoint, isDue }): ReadonlyArray<string> => (isDue ? [checkpoint] : []))
        const expected = Object.entries(encoded.checkpoints).flatMap(([id, { lastReview }]) =>
          oracle(encoded, lastReview, today) ? [id] : []
        )
        assert.deepStrictEqual(due.toSorted(), expected.toSorted())
      }),
      { numRuns: 500 }
    )
  })

  it("are sorted: never or not yet reviewed, then the most overdue, with the projects of the day", () => {
    const made = Effect.runSync(
      AccessPolicy.make({
        version: 1,
        reviewEvery: "90d",
        groups: { team: ["proj_t", "proj_u"] },
        checkpoints: {
          "ft:late": { lastReview: "2026-11-30", projects: ["@team", { project: "proj_x", until: "2027-02-28" }] },
          "ft:overdue": { lastReview: "2024-02-29", projects: ["@team", { project: "proj_x", until: "2027-02-27" }] },
          "ft:future": { lastReview: "2027-03-01", projects: [] },
          "ft:never": { owner: "proj_o", projects: [] }
        }
      })
    )
    const shown = (day: string) =>
      Either.getOrThrow(AccessReview.entries(made, day)).map(({ access, checkpoint, dueSince, isDue }) =>
        [checkpoint, dueSince ?? "-", isDue, access.size].join(" ")
      )
    assert.deepStrictEqual(shown("2027-02-28"), [
      "ft:future - true 0",
      "ft:never - true 0",
      "ft:overdue 2024-05-29 true 2",
      "ft:late 2027-02-28 true 3"
    ])
    assert.include(shown("2027-02-27"), "ft:late 2027-02-28 false 3")
  })

  it("of a future day are named with file, line and column", () => {
    const text = 'version: 1\ncheckpoints:\n  "ft:a":\n    lastReview: 2027-03-01\n    projects: []\n'
    const future = (today: string) =>
      AccessReview.futureReviews([{ file: "p.yaml", text }], today).map(AccessPolicy.describe)
    assert.deepStrictEqual(future("2027-02-28"), [
      'p.yaml:4:17: checkpoints["ft:a"].lastReview: lastReview 2027-03-01 is after today, 2027-02-28: it does not count, so the entry is due'
    ])
    assert.deepStrictEqual(future("2027-03-01"), [])
  })
})

describe("the review of a matrix", () => {
  const entry = { projects: ["proj_a", "proj_gone", { project: "proj_end", until: "2026-07-31", reason: "pilot" }] }
  const policy = Effect.runSync(
    AccessPolicy.make({
      version: 1,
      reviewEvery: "90d",
      checkpoints: {
        "ft:a": { owner: "proj_own", lastReview: "2024-07-24", ...entry },
        "ft:b": { projects: [] },
        "ft:c": { owner: "proj_own", lastReview: "2024-07-24", ...entry }
      }
    })
  )
  const read = matrix([
    { checkpoint: "ft:a", access: held("proj_a 0", "proj_end 0", "proj_own 0", "proj_new 1", "proj_new 2") },
    { checkpoint: "ft:b" },
    { checkpoint: "ft:c", unknown: "the server failed", access: held("proj_x 0") }
  ])
  const listed = Either.getOrThrow(AccessReview.entries(policy, "2026-08-01"))
  const days = { day: "2026-08-01", dueBy: "2026-08-01", entries: 3 }
  const logged = {
    ...read,
    logSince: DateTime.unsafeMake("2024-07-23"),
    rows: read.rows.map((row) => (row.checkpoint === "ft:b" ? { ...row, notInLog: true as const } : row))
  }
  const review = AccessReview.make(logged, { policy, listed, ...days })
  const marksAt = (checkpoint: string) =>
    review.rows.flatMap((row) =>
      row.checkpoint === checkpoint
        ? (row.review?.projects ?? []).map(({ marks, project }) => [project, ...marks].join(": "))
        : []
    )

  it("marks what only the server or only the policy has, and what is not older than the last review", () => {
    assert.deepStrictEqual(marksAt("ft:a"), [
      "proj_a",
      "proj_end: ended",
      "proj_own",
      "proj_new: not in the policy: granted since the last review",
      "proj_gone: in the policy, no access"
    ])
    // a permission that was not read is not missing
    assert.deepStrictEqual(marksAt("ft:c"), ["proj_x: not in the policy", "proj_a", "proj_gone"])
  })

  it("has the entries of an owner together, and is read back from its file", async () => {
    assert.deepStrictEqual(
      review.rows.map(({ checkpoint, owner }) => `${checkpoint} ${owner}`),
      ["ft:b undefined", "ft:a proj_own", "ft:c proj_own"]
    )
    assert.deepStrictEqual(await Effect.runPromise(AccessMatrix.fromJson(AccessMatrix.toJson(review))), review)
  })

  // comparing each project with all others takes longer
  it("of 50,000 projects at a checkpoint ends before the time limit of a test", () => {
    const access = held(...Array.from({ length: 50_000 }, (_, index) => `proj_${index} 0`))
    const big = AccessReview.make(matrix([{ checkpoint: "ft:b", access }]), { policy, listed, ...days })
    assert.lengthOf(big.rows[0]?.review?.projects ?? [], 50_000)
  })

  it("shows the same entries, marks and summary in each form", async () => {
    const of = ProjectId.make("proj_own")
    const review = AccessReview.make(logged, { policy, listed, ...days, owner: of })
    const lines = [AccessMatrix.toCsv(review), AccessMatrix.toLines(review)]
    const html = await Effect.runPromise(AccessMatrix.toHtml(review))
    const page = html.replace(/<noscript>.*/, "")
    const sentence = "3 due on 2026-08-01, 3 of 3 checkpoints of the owner proj_own listed."
    for (const text of [...lines, AccessMatrix.toText(review), AccessMatrix.toMarkdown(review), page]) {
      for (const { checkpoint, review: { projects = [] } = {} } of review.rows) {
        assert.include(text, checkpoint)
        for (const { marks } of projects) for (const mark of marks) assert.include(text, mark)
      }
      if (!lines.includes(text)) assert.include(text, sentence)
      assert.include(text, "not named in the audit log since 2024-07-23")
      for (const shown of ["2026-07-31", "pilot", "2024-10-22", "the server failed"]) assert.include(text, shown)
    }
  })
})
