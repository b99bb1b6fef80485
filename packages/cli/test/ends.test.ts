import { assert, describe } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { cli, exits } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder } from "./support/world.ts"

const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"

const policy = `version: 1
groups: { all: [proj_k] }
checkpoints:
  "${weather}":
    projects:
      - "@all"
      - { project: proj_b, until: 2027-01-31, reason: "pilot\\e[31m" }
      - { project: proj_c, until: 2027-01-20 }
      - { project: proj_k, until: 2027-01-20 }
`

const seed = JSON.stringify({
  [weather]: ["proj_b", "proj_k"].map((project_id) => ({ project_id, created_at: Date.UTC(2026, 0, 1) / 1000 })),
  organization: { projects: [{ id: "proj_b", name: "Pilot ##[team]" }, "proj_c", "proj_k"] }
})

/** The command line on a fake of its own, at an instant. */
const desk = Effect.gen(function* () {
  const home = yield* folder
  const file = home.write("policy.yaml", policy)
  const fake = ["--fake", "--seed-file", home.write("seed.json", seed)]
  const run = (time: string, ...args: ReadonlyArray<string>) =>
    Effect.zipRight(
      TestClock.setTime(Date.parse(time)),
      cli([...args, ...fake], { env: { XDG_STATE_HOME: `${home.path}/state` } })
    )
  return { home, file, run }
})

describe("access that ends", () => {
  scoped("is shown by plan before and after its last day, in text and in Markdown", function* () {
    const { file, run } = yield* desk
    const plan = ["plan", "--file", file]
    const before = yield* exits(0, run("2027-01-17T00:00:00Z", ...plan))
    assert.include(before.stdout, "\n+ proj_c  ")
    assert.match(before.stdout, /\n\+ proj_c +until 2027-01-20\n/)
    assert.match(before.stdout, /\n! proj_k +keeps access after 2027-01-20: also listed without until +ft:/)
    assert.include(
      before.stdout,
      `Ending within 14 days:\n  2027-01-20  proj_c  ${weather}\n  2027-01-31  proj_b (Pilot \\u0023#[team])  ${weather} (pilot\\u001b[31m)\n`
    )
    const after = yield* run("2027-02-01T00:00:00Z", ...plan, "--format", "markdown")
    assert.match(
      after.stdout,
      /\n- proj_b {2}Pilot \\u0023#\[team\] {2}cp_\d+, since 2026-01-01: access has ended after 2027-01-31 \(pilot\\u001b\[31m\), \S+policy.yaml:7\n/
    )
    assert.notInclude(after.stdout, "The last day")
    assert.notInclude(after.stdout, "proj_c")
    const limited = yield* exits(5, run("2027-02-01T00:00:00Z", "apply", "--file", file, "--yes", "--max-revokes", "0"))
    assert.match(limited.stderr, /the plan revokes 1 permission, the limit is 0/)
  })

  scoped("is left to the next plan by a saved one, which leaves out grants that have ended", function* () {
    const { file, home, run } = yield* desk
    const saved = `${home.path}/plan.json`
    yield* run("2027-01-20T23:59:00Z", "plan", "--file", file, "--out", saved)
    const applied = yield* run("2027-01-21T00:01:00Z", "apply", saved, "--yes")
    assert.match(applied.stderr, /the plan is from 2027-01-20: access of 1 project that ended since is not revoked/)
    assert.include(applied.stdout, `= proj_c  ${weather}: not granted: access ended after 2027-01-20\n`)
    assert.match(applied.stdout, /0 granted, 0 revoked, 1 expired/)
  })

  scoped("is not written by export, which notes it", function* () {
    const { run } = yield* desk
    const says = "# Expiry dates (until) are not stored by the API and are not exported.\n"
    const exported = yield* run("2027-01-01T00:00:00Z", "export", weather)
    assert.include(exported.stdout, says)
  })
})
