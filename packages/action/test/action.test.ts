import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { commandsOn, pullRequest, runner } from "./support/action.ts"
import { github } from "./support/github.ts"

const weather = "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd"
const path = "access/policy.yaml"
const policyOf = (...projects: ReadonlyArray<string>) =>
  `version: 1\ncheckpoints:\n  "${weather}":\n    projects: [${projects.join(", ")}]\n`

const server = Emulator.layer({ seed: { [weather]: ["proj_a", "proj_x"] } })

const world = Effect.gen(function* () {
  const hub = yield* github
  const run = yield* runner(hub)
  const fake = yield* FakePermissions.FakePermissions
  return { fake, run, state: hub.state, elsewhere: runner(hub) }
})

describe.concurrent("plan", () => {
  it.scopedLive("writes one comment on the pull request, over its own and over nobody else's; the key is masked", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* world
      const theirs = {
        id: 1,
        body: "<!-- checkpoint-permissions: plan -->\nmine",
        user: { login: "eve", type: "User" }
      }
      state.comments = [theirs]
      state.files[`c1:${path}`] = policyOf("proj_a", "proj_b")
      const first = yield* run({ command: "plan" }, { event: pullRequest("c1") })
      assert.strictEqual(first.code, 0, first.log)
      assert.include(state.comments[1]?.body, "### Access plan: 1 to grant, 1 to revoke")
      assert.include(first.summary, "- proj_x")
      assert.match(first.outputs, /^artifact<<.*\naccess-plan-c1\n/m)
      assert.strictEqual(JSON.parse(first.file("plan.json")).format, "checkpoint-permissions/plan")
      assert.include(first.log, "::add-mask::sk-admin-test\n")
      const shown = first.log.replaceAll(/^::add-mask::.*$/gm, "")
      for (const text of [shown, first.summary, first.outputs, first.file("plan.json"), JSON.stringify(state)]) {
        assert.notInclude(text, "sk-admin-test")
      }
      state.files[`c2:${path}`] = policyOf("proj_a", "proj_x")
      yield* run({ command: "plan" }, { event: pullRequest("c2") })
      assert.deepStrictEqual(state.comments.length, 2)
      assert.deepStrictEqual(state.comments[0], theirs)
      assert.include(state.comments[1]?.body, "### Access plan: nothing to change")
      assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
    }).pipe(Effect.provide(server))
  )

  it.scopedLive(
    "marks the mistakes of the policy at their lines and in the comment; none is a command to the runner",
    () =>
      Effect.gen(function* () {
        const { fake, run, state } = yield* world
        state.files[`c1:${path}`] = `${policyOf('"\\n::set-output name=x::y"')}    projcts: []\n    mod: exact\n`
        const { code, log } = yield* run({ command: "plan" }, { event: pullRequest("c1") })
        assert.strictEqual(code, 2)
        assert.include(log, `::error file=${path},line=5,col=5::`)
        assert.include(log, `::error file=${path},line=6,col=5::`)
        assert.include(state.comments[0]?.body, `${path}:5:5: `)
        assert.notMatch(log, /^\s*::set-output/m)
        assert.match(log, /^\| checkpoint-permissions: access/m)
        assert.deepStrictEqual(yield* fake.requests, [])
      }).pipe(Effect.provide(server))
  )

  it.scopedLive("gives a fork no key, and says why", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* world
      state.files[`c1:${path}`] = policyOf("proj_a")
      const { code, log } = yield* run({ command: "plan" }, { event: pullRequest("c1", "eve/access") })
      assert.strictEqual(code, 0, log)
      assert.include(state.comments[0]?.body, "comes from a fork, which is given no key")
      assert.deepStrictEqual(yield* fake.requests, [])
      assert.notInclude(state.requests.join(), "contents")
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("refuses a symbolic link, a path out of the repository, and a run that is for no pull request", () =>
    Effect.gen(function* () {
      const { run, state } = yield* world
      state.links.push(path)
      const link = yield* run({ command: "plan" }, { event: pullRequest("c1") })
      assert.deepStrictEqual([link.code, link.log.includes(`${path} is no file`)], [2, true])
      const outside = yield* run({ command: "plan", policy: "../policy.yaml" }, { event: pullRequest("c1") })
      assert.deepStrictEqual([outside.code, outside.log.includes("no path inside the repository")], [2, true])
      const push = yield* run({ command: "plan" })
      assert.deepStrictEqual([push.code, push.log.includes("this run is for no pull request")], [2, true])
      const doubtful = yield* run({ command: "plan", reviewed: "perhaps" })
      assert.deepStrictEqual([doubtful.code, doubtful.log.includes("::error::reviewed is neither")], [2, true])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("takes a folder of the workspace, and leaves no plan of an earlier run there", () =>
    Effect.gen(function* () {
      const { run, state } = yield* world
      state.files[`c1:${path}`] = policyOf("proj_a")
      const inWorkspace = { command: "plan", folder: "access" }
      const made = yield* run(inWorkspace, { event: pullRequest("c1") })
      assert.strictEqual(made.code, 0, made.log)
      assert.include(made.file("plan.json"), "proj_x")
      state.files[`c2:${path}`] = "version: 2\n"
      const wrong = yield* run(inWorkspace, { event: pullRequest("c2") })
      assert.strictEqual(wrong.code, 2, wrong.log)
      assert.strictEqual(wrong.file("plan.json"), "")
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("says which permission of GitHub is missing", () =>
    Effect.gen(function* () {
      const { run, state } = yield* world
      state.files[`c1:${path}`] = policyOf("proj_a")
      state.refused.push(/^POST .*comments$/)
      const { code, log } = yield* run({ command: "plan" }, { event: pullRequest("c1") })
      assert.strictEqual(code, 1)
      assert.include(log, "::error::GitHub: the comment could not be written: Resource not accessible by integration")
    }).pipe(Effect.provide(server))
  )
})

describe.concurrent("a plan of 5,000 changes", () => {
  const models = Array.from({ length: 10 }, (_, n) => `ft:gpt-4o-mini-2024-07-18:org:model-${n}:B7R9VjQd`)
  const many = (name: string, count: number) => Array.from({ length: count }, (_, n) => `proj_${name}${n}`)

  it.scopedLive("fits into the comment with what is taken away first, and is whole in the summary", () =>
    Effect.gen(function* () {
      const { run, state } = yield* world
      // The model that loses the most is the last of the policy.
      state.files[`c1:${path}`] = [
        "version: 1",
        `groups: { all: [${many("new", 250).join(", ")}] }`,
        "checkpoints:",
        ...models.map((model) => `  "${model}": { projects: ["@all"] }`),
        ""
      ].join("\n")
      const { code, log, summary } = yield* run({ command: "plan" }, { event: pullRequest("c1") })
      assert.strictEqual(code, 0, log)
      const body = state.comments[0]?.body ?? ""
      assert.include(body, "### Access plan: 2500 to grant, 2500 to revoke")
      assert.isAtMost(body.length, 65_536)
      assert.isAtLeast(body.length, 65_000)
      const stepsOf = (text: string) => text.split("\n").filter((line) => /^[+-] proj_/.test(line))
      assert.isTrue(stepsOf(body).every((line) => line.startsWith("- proj_old")))
      assert.match(body, new RegExp(`diff\n[^\n]*${models[9]}`))
      assert.match(body, /\d+ more lines are in the \[summary of the run\]/)
      assert.strictEqual(stepsOf(summary).length, 5000)
      assert.notInclude(summary, "more lines are in")
    }).pipe(
      Effect.provide(
        Emulator.layer({
          seed: Object.fromEntries(models.map((model, n) => [model, many("old", n === 9 ? 340 : 240)]))
        })
      )
    )
  )
})

describe.concurrent("apply", () => {
  const merged = Effect.tap(world, ({ state }) => {
    state.files[`merge:${path}`] = policyOf("proj_a", "proj_b")
    state.merged["merge"] = "head"
  })
  const commit = { commit: "merge" }
  const artifactOf = (plan: string) => ({ name: "access-plan-head", plan, event: "pull_request_target" })

  /** The reviewed plan, with the fields that the action reads. */
  const reviewed = Effect.gen(function* () {
    const { baseUrl } = yield* Emulator.Emulator
    const permissions = yield* (yield* FakePermissions.FakePermissions).permissions(weather)
    const revokes = permissions.flatMap((permission) => (permission.project_id === "proj_x" ? [{ permission }] : []))
    const checkpoints = [{ checkpoint: weather, grants: ["proj_b"], revokes }]
    return { format: "checkpoint-permissions/plan", apiUrl: baseUrl, checkpoints }
  })

  it.scopedLive("carries out what was reviewed, and says so", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* merged
      state.files[`head:${path}`] = policyOf("proj_a", "proj_b")
      const planned = yield* run({ command: "plan" }, { event: pullRequest("head") })
      state.artifacts.push(artifactOf(planned.file("plan.json")))
      const { code, file, log, summary } = yield* run({ command: "apply" }, commit)
      assert.strictEqual(code, 0, log)
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b"])
      assert.include(summary, "### Access apply: done")
      assert.include(file("access.journal"), "octocat")
      assert.include(file("before.yaml"), "proj_x")
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("refuses a step that nobody reviewed, and shows it", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* merged
      state.artifacts.push(artifactOf(JSON.stringify(yield* reviewed)))
      yield* fake.grant(weather, "proj_late")
      const { code, summary } = yield* run({ command: "apply" }, commit)
      assert.strictEqual(code, 5)
      assert.match(summary, /^- proj_late {2}cp_\w+ {2}ft:/m)
      assert.notMatch(summary, /^- proj_x/m)
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x", "proj_late"])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("takes no plan that a run of a fork may have made, and none of another server", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* merged
      const plan = yield* reviewed
      state.artifacts.push({ ...artifactOf(JSON.stringify(plan)), event: "pull_request" })
      const forged = yield* run({ command: "apply" }, commit)
      assert.strictEqual(forged.code, 5)
      assert.include(forged.summary, "There is no plan of a merged pull request for this commit")
      state.artifacts.push(artifactOf(JSON.stringify({ ...plan, apiUrl: "https://api.openai.com/v1" })))
      const other = yield* run({ command: "apply" }, commit)
      assert.strictEqual(other.code, 5)
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_x"])
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("by hand goes ahead without a review, within the limit on revokes", () =>
    Effect.gen(function* () {
      const { fake, run } = yield* merged
      const byHand = { command: "apply", reviewed: "false" }
      const refused = yield* run({ ...byHand, "max-revokes": "0" }, commit)
      assert.strictEqual(refused.code, 5)
      const { code, file, log } = yield* run(byHand, commit)
      assert.strictEqual(code, 0, log)
      assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b"])
      // In the same folder: the backup of the first stays, and the second has its own.
      const before = file("before.yaml")
      yield* fake.grant(weather, "proj_late")
      const again = yield* run(byHand, commit)
      assert.strictEqual(again.code, 0, again.log)
      assert.include(again.file("before-2.yaml"), "proj_late")
      assert.strictEqual(again.file("before.yaml"), before)
    }).pipe(Effect.provide(server))
  )
})

describe.concurrent("a cancelled apply", () => {
  const models = Array.from({ length: 40 }, (_, n) => `ft:gpt-4o-mini-2024-07-18:org:model-${n}:B7R9VjQd`)
  const wanted = `version: 1\ncheckpoints:\n${models.map((model) => `  "${model}": { projects: [proj_a] }\n`).join("")}`
  const changed = (requests: ReadonlyArray<{ readonly method: string }>) =>
    requests.filter(({ method }) => method !== "GET").length

  it.scopedLive("lets what is in flight finish, says what was done, and the next one does the rest once", () =>
    Effect.gen(function* () {
      const { elsewhere, fake, run, state } = yield* world
      state.files[`base:${path}`] = wanted
      const byHand = { command: "apply", reviewed: "false", rate: "600/minute" }
      // It ends no sooner than it has heard the signal.
      const unanswered = {
        fault: Faults.latency({ before: "1 hour" }),
        operation: "create",
        nth: 10,
        times: 40
      } as const
      yield* fake.setFaults(Faults.scripted([unanswered]))
      const { baseUrl } = yield* Emulator.Emulator
      const { code, file, folder, log, summary } = yield* run(byHand, {
        meanwhile: ({ says, signal }) =>
          Effect.gen(function* () {
            yield* says("| + proj_a  ft:")
            yield* signal("SIGTERM")
            yield* says("finishes what is in flight")
            yield* fake.setFaults(Faults.none)
            const body = JSON.stringify({ advance: "1 hour" })
            yield* Effect.promise(() => fetch(new URL("/__fake/clock", baseUrl), { method: "POST", body }))
          })
      })
      assert.strictEqual(code, 143, log)
      assert.strictEqual(commandsOn(folder).size, 0)
      const has = Object.values(yield* fake.allPermissions).flat().length
      assert.isAbove(has, 0)
      assert.isBelow(has, 40)
      assert.strictEqual(summary.match(/^\+ proj_a /gm)?.length, has, summary)
      assert.match(summary, /### Access apply: exit code 143/)
      assert.strictEqual(file("access.journal").match(/"outcome":"done"/g)?.length, has)

      const again = yield* elsewhere
      const rest = yield* again(byHand)
      assert.strictEqual(rest.code, 0, rest.log)
      assert.strictEqual(Object.values(yield* fake.allPermissions).flat().length, 40)
      assert.strictEqual(changed(yield* fake.requests), 40)
    }).pipe(Effect.provide(Emulator.layer({ behavior: { latency: "50 millis" } })))
  )

  it.scopedLive("that had not begun to apply changes nothing, and says so", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* world
      state.files[`base:${path}`] = wanted
      const seen: Array<string> = []
      const { code, folder, log } = yield* run(
        { command: "apply", reviewed: "false" },
        {
          env: { RUNNER_TRACKING_ID: "github_42", GITHUB_TOKEN: "ghs_test", HTTPS_PROXY: "" },
          meanwhile: ({ signal }, folder) =>
            Effect.gen(function* () {
              yield* fake.awaitRequests(1)
              seen.push(...[...commandsOn(folder).values()].flat())
              yield* signal("SIGINT")
            })
        }
      )
      assert.strictEqual(code, 143, log)
      assert.strictEqual(changed(yield* fake.requests), 0)
      // The child has ended too. The runner would find it by the variable of its own.
      assert.strictEqual(commandsOn(folder).size, 0)
      const names = seen.map((variable) => variable.replace(/=.*/s, ""))
      assert.includeMembers(names, ["OPENAI_ADMIN_KEY", "PATH", "RUNNER_TRACKING_ID"])
      assert.deepStrictEqual(
        names.filter((name) => /^INPUT_|TOKEN/.test(name)),
        []
      )
    }).pipe(Effect.provide(Emulator.layer({ behavior: { latency: "500 millis" } })))
  )
})

describe.concurrent("drift", () => {
  it.scopedLive("opens one issue, writes over it, and closes it when nothing differs any more", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* world
      state.files[`base:${path}`] = policyOf("proj_a", "proj_x")
      yield* run({ command: "drift" })
      assert.deepStrictEqual(state.issues, [])
      for (const project of ["proj_hand", "proj_other"]) {
        yield* fake.grant(weather, project)
        const { code, log } = yield* run({ command: "drift" })
        assert.strictEqual(code, 0, log)
        assert.strictEqual(state.issues.length, 1)
        assert.include(state.issues[0]?.body, project)
      }
      state.files[`base:${path}`] = policyOf("proj_a", "proj_x", "proj_hand", "proj_other")
      const last = yield* run({ command: "drift" })
      assert.strictEqual(last.code, 0, last.log)
      assert.deepStrictEqual(
        state.issues.map((issue) => issue.state),
        ["closed"]
      )
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("reports the next night what could not be written, and keeps no file", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* world
      state.files[`base:${path}`] = policyOf("proj_a", "proj_x")
      yield* fake.grant(weather, "proj_hand")
      const unsaid = yield* run({ command: "drift" }, { env: { GITHUB_STEP_SUMMARY: "/nowhere/summary" } })
      assert.strictEqual(unsaid.code, 1)
      assert.match(unsaid.log, /::error::GitHub: the summary could not be written: /)
      assert.strictEqual(unsaid.file("audit.json"), "")
      const first = yield* run({ command: "drift" })
      assert.strictEqual(first.code, 0, first.log)
      assert.match(state.issues[0]?.body ?? "", /^\| `not in the policy` \| `ft:.*` \| `proj_hand` \|/m)
      yield* fake.grant(weather, "proj_other")
      state.refused.push(/^PATCH \/issues/)
      const lost = yield* run({ command: "drift" })
      assert.strictEqual(lost.code, 1)
      assert.include(lost.log, "::error::GitHub: the issue could not be written")
      state.refused.length = 0
      const told = yield* run({ command: "drift" })
      assert.strictEqual(told.code, 0, told.log)
      assert.include(state.issues[0]?.body ?? "", "proj_other")
      for (const { file } of [first, lost, told]) assert.strictEqual(file("audit.json"), "")
    }).pipe(Effect.provide(server))
  )

  it.scopedLive("that could not read a checkpoint says so, and fails", () =>
    Effect.gen(function* () {
      const { fake, run, state } = yield* world
      state.files[`base:${path}`] = policyOf("proj_a", "proj_x")
      yield* fake.setBehavior({ keys: [] })
      const { code, summary } = yield* run({ command: "drift" })
      assert.notStrictEqual(code, 0)
      assert.notInclude(summary, "Nothing")
    }).pipe(Effect.provide(server))
  )
})
