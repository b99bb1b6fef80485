import * as AccessStep from "@checkpoint-permissions/access/AccessStep"
import { Identifiers, PermissionsError } from "@checkpoint-permissions/core"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either } from "effect"
import * as Tally from "../src/internal/apply/tally.ts"

const at = (time: string) => DateTime.unsafeMake(`2026-11-25T${time}:00Z`)

const finished = (complete: boolean, readAt: string, deletedAt?: string, readFrom?: string): AccessStep.AccessStep => ({
  _tag: "CheckpointFinished",
  checkpoint: Identifiers.CheckpointId.make("ft:a"),
  complete,
  readAt: at(readAt),
  ...(readFrom === undefined ? {} : { readFrom: at(readFrom) }),
  ...(deletedAt === undefined ? {} : { deletedAt: at(deletedAt) })
})

const counts = {
  checkpoints: 3,
  grants: 0,
  revokes: 0,
  creates: 0,
  deletes: 0,
  unchanged: 57,
  duplicates: 0,
  ownerProjects: 0,
  unread: 0
}

const summaryOf = (steps: ReadonlyArray<AccessStep.AccessStep>) =>
  Tally.summary(steps.reduce(Tally.add, Tally.empty), { counts })

describe("the times of a claim", () => {
  it("span the first listing to the last reply of a listing or a later delete", () => {
    assert.match(
      summaryOf([finished(true, "14:10"), finished(true, "14:02"), finished(true, "14:05", "14:31")]),
      /^Apply complete: 0 granted, 0 revoked, 57 unchanged \(read 14:02–14:31 UTC\)$/
    )
    assert.match(summaryOf([finished(true, "14:02", "14:03")]), / \(read 14:02–14:03 UTC\)$/)
    assert.match(summaryOf([finished(true, "14:02")]), / \(read 14:02 UTC\)$/)
  })

  it("begin with the first request of a listing, in the summary of JSON too", () => {
    const steps = [finished(true, "14:10", undefined, "14:02")]
    assert.match(summaryOf(steps), / \(read 14:02–14:10 UTC\)$/)
    assert.deepInclude(Tally.summaryFields(steps.reduce(Tally.add, Tally.empty)), {
      readFrom: "2026-11-25T14:02:00.000Z",
      readAt: "2026-11-25T14:10:00.000Z"
    })
  })

  it("are those of complete checkpoints", () => {
    assert.match(summaryOf([finished(true, "14:02"), finished(false, "13:00", "15:00")]), / \(read 14:02 UTC\)$/)
  })
})

describe("the end of an apply", () => {
  const one = Identifiers.CheckpointId.make("ft:a")
  const drifted: AccessStep.AccessStep = {
    _tag: "Drifted",
    checkpoint: one,
    differences: ["a new permission"],
    writes: "none"
  }
  const incomplete = finished(false, "14:02")

  it.each([
    ["a drift alone is refused", [drifted, incomplete], 0, undefined, 5],
    ["a signal counts where something is left", [drifted, incomplete], 0, "SIGINT", 130],
    ["a signal after the last checkpoint does not", [finished(true, "14:02")], 1, "SIGINT", 4],
    ["nothing is left", [finished(true, "14:02")], 0, "SIGINT", undefined]
  ] as const)("%s", (_, steps, unread, signal, code) => {
    const plan = { checkpoints: [{ checkpoint: one }], counts: { ...counts, unread } }
    const tally = steps.reduce(Tally.add, Tally.empty)
    const failure = Tally.verdict(plan, false, { ended: Either.void, printed: undefined, tally }, signal)
    assert.strictEqual(failure && ("code" in failure ? failure.code : 0), code)
  })
})

describe("a step", () => {
  it("shows the name of its project without a command of a CI service", () => {
    const project_id = Identifiers.ProjectId.make("proj_a")
    const checkpoint = Identifiers.CheckpointId.make("ft:a")
    const step: AccessStep.AccessStep = { _tag: "Expired", checkpoint, project_id, until: "2027-01-20" }
    const { done } = AccessStep.toText(step, { names: { proj_a: "a ##[error]" } })
    assert.include(done, "proj_a (a \\u0023#[error])")
  })

  it("says what happened to a checkpoint that changed", () => {
    const checkpoint = Identifiers.CheckpointId.make("ft:a")
    const step = { _tag: "Drifted", checkpoint, differences: ["one", "two"] } as const
    const textOf = (writes: "none" | "planned") => AccessStep.toText({ ...step, writes }).wrong
    const before = "changed since the plan: nothing was changed here; plan again"
    assert.strictEqual(textOf("none"), `ft:a: ${before} (one; two)`)
    const during = "changed during the apply: the planned changes were made, the others were not"
    assert.strictEqual(textOf("planned"), `ft:a: ${during} (one; two)`)
  })

  it("names a project that may have a second permission", () => {
    const project_id = Identifiers.ProjectId.make("proj_a")
    const checkpoint = Identifiers.CheckpointId.make("ft:a")
    const permission = Identifiers.PermissionId.make("cp_1")
    const step = { _tag: "Granted", checkpoint, project_id, permission, confirmed: true } as const
    const textOf = (step: AccessStep.AccessStep) => AccessStep.toText(step).done
    assert.strictEqual(textOf(step), "+ proj_a  ft:a")
    const second = "perhaps twice: the next apply deletes the second permission"
    assert.strictEqual(textOf({ ...step, mayBeDuplicated: true }), `+ proj_a  ft:a, ${second}`)
  })
})

describe("a write that failed", () => {
  const project_id = Identifiers.ProjectId.make("proj_a")
  const lineOf = (action: "read" | "grant" | "revoke", error: PermissionsError.PermissionsError) =>
    AccessStep.toText({
      _tag: "Failed",
      checkpoint: Identifiers.CheckpointId.make("ft:a"),
      action,
      project_id,
      error
    }).wrong ?? ""
  const failure = (operation: "list" | "create" | "delete", mayHaveExecuted: boolean) =>
    new PermissionsError.ServerError({ operation, mayHaveExecuted, status: 502 })

  it("is not reported as failed if it may have been executed", () => {
    assert.match(lineOf("grant", failure("list", false)), /^ft:a: grant proj_a could not be confirmed: list: /)
    assert.match(lineOf("grant", failure("create", true)), /^ft:a: grant proj_a could not be confirmed: create: /)
    assert.match(lineOf("revoke", failure("delete", true)), /^ft:a: revoke proj_a could not be confirmed: delete: /)
    assert.match(lineOf("grant", failure("create", false)), /^ft:a: grant proj_a failed: create: /)
    assert.match(lineOf("read", failure("list", false)), /^ft:a: read proj_a failed: list: /)
  })
})
