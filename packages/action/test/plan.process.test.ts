import { getOctokit } from "@actions/github"
import { Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, TestClock } from "effect"
import { limited } from "../src/github.ts"
import { awaitMerge, NotPlanned } from "../src/pull.ts"
import { repository } from "./support/github.ts"
import { modelOf, path, policyOf, server, testsOn, weather, world } from "./support/world.ts"

const { endurance, test } = testsOn(server({ weather: ["proj_a", "proj_x"] }))

describe.concurrent("plan", () => {
  test("writes one comment on the pull request, and updates only its own; the key is masked", function* () {
    const { fake, hub, run, state } = yield* world
    hub.push(policyOf({ weather: "proj_a, proj_x" }))
    const pull = hub.open([policyOf({ weather: "proj_a, proj_b" })])
    const first = yield* run({ command: "plan", pull })
    const [ours] = state.comments
    assert.isDefined(ours)
    assert.include(ours.body, "### Access plan: 1 to grant, 1 to revoke")
    assert.include(ours.body, `\nFor \`${state.pulls.get(pull)?.head}\`, \`${path}\`, \`http`)
    const theirs = { ...ours, id: 1, user: { login: "eve[bot]" } }
    state.comments = [theirs, ours]
    assert.include(first.summary, "- proj_x")
    assert.include(first.log, "::add-mask::sk-admin-test\n")
    const shown = first.log.replaceAll(/^::add-mask::.*$/gm, "")
    for (const text of [shown, first.summary, first.outputs, JSON.stringify(state)]) {
      assert.notInclude(text, "sk-admin-test")
    }
    hub.amend(pull, policyOf({ weather: "proj_a, proj_x" }))
    yield* run({ command: "plan", pull })
    assert.deepStrictEqual(state.comments.length, 2)
    assert.deepStrictEqual(state.comments[0], theirs)
    assert.include(state.comments[1]?.body, "### Access plan: nothing to change")
    assert.isTrue((yield* fake.requests).every(({ method }) => method === "GET"))
  })

  test("takes the policies of a folder at the commit; a new file of a team is planned", function* () {
    const { fake, hub, run, state } = yield* world
    const folder = { policy: "access/" }
    hub.push({
      ...policyOf({ weather: "proj_a, proj_x" }),
      "access/README.md": "no policy",
      "access/old/a.yaml": "-"
    })
    const music = policyOf({ music: "proj_b" })[path]
    const pull = hub.open([{ "access/music.yaml": music }])
    yield* fake.clearRequests
    yield* run({ command: "plan", pull, inputs: folder })
    assert.include(state.comments[0]?.body, "### Access plan: 1 to grant, 0 to revoke")
    assert.include(state.comments[0]?.body, `\nFor \`${state.pulls.get(pull)?.head}\`, \`access\`, `)
    assert.isTrue((yield* fake.requests).every(({ checkpoint }) => checkpoint !== weather))
    const wrong = hub.open([{ "access/music.yaml": music.replace("version: 1", "version: 2") }])
    const { log } = yield* run({ command: "plan", pull: wrong, inputs: folder }, 2)
    assert.include(log, "access/music.yaml:1:10: version: ")

    // GitHub lists a thousand files of a folder, and does not say that there are more
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`access/${n}.txt`, ""]))
    const large = yield* run({ command: "plan", pull: hub.open([many]), inputs: folder }, 2)
    assert.include(large.log, "access has 1000 files or more: pass its policy files")
  })

  testsOn(server({ weather: ["proj_a"], music: ["proj_a", "proj_x"] })).test(
    "compares the merge with its first parent: changes merged meanwhile are no revokes, and are not read",
    function* () {
      const { fake, hub, run, state } = yield* world
      hub.push(policyOf({ weather: "proj_a", music: "proj_a" }))
      const pull = hub.open([policyOf({ weather: "proj_a, proj_b", music: "proj_a" })])
      hub.push(policyOf({ weather: "proj_a", music: "proj_a, proj_x" }))
      // GitHub needs two looks to make the merge
      state.mergeAfter = 2
      yield* run({ command: "plan", pull })
      assert.include(state.comments[0]?.body, "### Access plan: 1 to grant, 0 to revoke")
      const read = (yield* fake.requests).flatMap(({ checkpoint }) => checkpoint ?? [])
      assert.deepStrictEqual([...new Set(read)], [weather])
    }
  )

  test("is not made for a conflict or another base: the comment gives the reason", function* () {
    const { fake, hub, run, state } = yield* world
    const pull = hub.open([policyOf({ weather: "proj_a" })])
    state.conflicts = true
    yield* run({ command: "plan", pull }, 4)
    assert.include(
      state.comments[0]?.body,
      "This pull request conflicts with main. Resolve it: the next push is planned."
    )
    state.conflicts = false
    const head = { sha: state.pulls.get(pull)?.head, repo: { full_name: repository } }
    const moved = { number: pull, head, base: { ref: "release-*x*" } }
    yield* run({ command: "plan", event: { pull_request: moved } }, 4)
    assert.include(state.comments[0]?.body, "The base of this pull request is now main. That change has its own run.")
    assert.lengthOf(state.comments, 1)
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test("of a pull request that is merged or has a newer commit is only a summary", function* () {
    const { hub, run, state } = yield* world
    const pull = hub.open([policyOf({ weather: "proj_a" })])
    const head = { sha: "0".repeat(40), repo: { full_name: repository } }
    const event = { pull_request: { number: pull, head, base: { ref: "main" } } }
    const old = yield* run({ command: "plan", event }, 4)
    assert.include(old.summary, "A newer commit was pushed")
    // it is merged while its plan is made
    const until = () => Promise.resolve(void hub.merge(pull))
    state.holds.push({ to: /^GET \/contents/, until })
    const late = yield* run({ command: "plan", pull })
    assert.include(late.summary, "### Access plan: 0 to grant, 1 to revoke")
    state.holds.pop()
    const merged = yield* run({ command: "plan", pull }, 4)
    assert.include(merged.summary, "This pull request is merged.")
    assert.deepStrictEqual(state.comments, [])
  })

  test("is incomplete if a checkpoint could not be read: the check fails", function* () {
    const { fake, hub, run, state } = yield* world
    hub.push(policyOf({ weather: "proj_a, proj_x" }))
    const pull = hub.open([policyOf({ weather: "proj_a", music: "proj_a" })])
    yield* fake.inject(Faults.error(400), { operation: "list", checkpoint: modelOf("music"), times: 50 })
    yield* run({ command: "plan", pull }, 4)
    assert.include(state.comments[0]?.body, "1 not read")
  })

  test("writes no comment for a change of no access; it replaces an earlier one", function* () {
    const { fake, hub, run, state } = yield* world
    hub.push(policyOf({ weather: "proj_a, proj_x" }))
    const pull = hub.open([{ "README.md": "words" }])
    const { summary } = yield* run({ command: "plan", pull })
    assert.include(summary, "### Access plan: nothing to change")
    assert.deepStrictEqual(state.comments, [])
    assert.deepStrictEqual(yield* fake.requests, [])
    hub.amend(pull, policyOf({ weather: "proj_a" }))
    yield* run({ command: "plan", pull })
    hub.amend(pull, policyOf({ weather: "proj_a, proj_x" }))
    yield* run({ command: "plan", pull })
    assert.lengthOf(state.comments, 1)
    assert.include(state.comments[0]?.body, "### Access plan: nothing to change")
  })

  test("of a merge queue is made against the commit before it, into the summary", function* () {
    const { hub, run } = yield* world
    const base = hub.push(policyOf({ weather: "proj_a, proj_x" }))
    hub.state.branches.set("queue", base)
    const commit = hub.push(policyOf({ weather: "proj_a, proj_b" }), "queue")
    const event = { merge_group: { base_sha: base } }
    const { summary } = yield* run({ command: "plan", trigger: "merge_group", event, commit })
    assert.include(summary, "### Access plan: 1 to grant, ")
  })

  test("has a comment with the reason if projects cannot be listed", function* () {
    const { fake, hub, run, state } = yield* world
    const pull = hub.open([policyOf({ weather: "proj_a" })])
    yield* fake.inject(Faults.error(429, { code: "insufficient_quota" }), { operation: "list-projects", times: 50 })
    const { summary } = yield* run({ command: "plan", pull }, 4)
    assert.include(summary, "### Access plan: not made")
    assert.include(state.comments[0]?.body, "cannot list projects, nothing was changed")
  })

  endurance("names the errors of the policy with their lines; none is a command to the runner", function* () {
    const { fake, hub, run, state } = yield* world
    const [text] = Object.values(policyOf({ weather: '"\\n::set-output name=x::y"' }))
    const pull = hub.open([{ [path]: `${text}projcts: []\nmod: exact\n` }])
    const { log } = yield* run({ command: "plan", pull }, 2)
    for (const line of [5, 6]) assert.include(state.comments[0]?.body, `${path}:${line}:1: `)
    assert.notMatch(log, /^\s*::set-output/m)
    assert.match(log, /^\| checkpoint-permissions: access/m)
    assert.deepStrictEqual(yield* fake.requests, [])
  })

  test("gives a fork no key, and comments the reason", function* () {
    const { fake, hub, run, state } = yield* world
    const pull = hub.open([policyOf({ weather: "proj_a" })], { from: "eve/access" })
    yield* run({ command: "plan", pull }, 4)
    assert.include(state.comments[0]?.body, "comes from a fork, which gets no key")
    assert.deepStrictEqual(yield* fake.requests, [])
    assert.notInclude(state.requests.join(), "contents")
  })

  endurance(
    "refuses a link, a path out of the repository, a missing file, and a run that is not for a pull request",
    function* () {
      const { hub, run, state } = yield* world
      const pull = hub.open([policyOf({ weather: "proj_a" })])
      for (const [inputs, message] of [
        [{ policy: "../policy.yaml" }, "is not a path inside the repository"],
        [{ policy: "-" }, "is not a path inside the repository"],
        [{ policy: "other.yaml" }, "other.yaml"],
        [{ "github-token": "" }, "::error::Input required and not supplied: github-token"],
        [{ "admin-key": "" }, "no admin key"]
      ] as const) {
        assert.include((yield* run({ command: "plan", pull, inputs }, 2)).log, message)
      }
      state.links.push(path)
      assert.include((yield* run({ command: "plan", pull }, 2)).log, `${path}:1:1: `)
      assert.include((yield* run({ command: "plan" }, 2)).log, "this run is not for a pull request")
    }
  )

  endurance("names a missing permission of GitHub, and retries requests that GitHub could not answer", function* () {
    const { hub, run, state } = yield* world
    const pull = hub.open([policyOf({ weather: "proj_a" })])
    state.answers.push(
      { to: /^GET \/pulls/, status: 502 },
      { to: /^GET \/pulls/, status: 403, message: "You have exceeded a secondary rate limit", retryAfter: 1 },
      { to: /^POST .*comments$/, status: 403 }
    )
    const { log } = yield* run({ command: "plan", pull }, 1)
    assert.include(log, "::error::GitHub: the comment could not be written: Resource not accessible by integration")
    assert.strictEqual(state.requests.filter((one) => one.startsWith("GET /pulls/")).length, 4)
    // the reply of a create may have been lost: it is not sent again
    state.answers.push({ to: /^POST .*comments$/, status: 502 })
    yield* run({ command: "plan", pull }, 1)
    assert.strictEqual(state.requests.filter((one) => one.startsWith("POST /issues")).length, 2)
  })
})

describe("a request to GitHub", () => {
  it("has a time limit", async () => {
    const signals: Array<unknown> = []
    const fetch = (_: string, { signal }: { signal: unknown }) => {
      signals.push(signal)
      return Promise.resolve(new Response("{}", { headers: { "content-type": "application/json" } }))
    }
    await getOctokit("ghs_test", { request: { fetch } }, limited).rest.meta.root()
    assert.instanceOf(signals[0], AbortSignal)
  })
})

describe("the wait for a merge commit", () => {
  const early = new NotPlanned({ message: "GitHub did not create the merge commit", isEarly: true })

  for (const [looks, seconds, isMade] of [
    [1, 0, true],
    [15, 42, true],
    [1000, 60, false]
  ] as const) {
    it.effect(`ends after ${seconds} seconds ${isMade ? "with" : "without"} a merge if ${looks} looks are needed`, () =>
      Effect.gen(function* () {
        let count = 0
        const look = Effect.suspend(() => (++count < looks ? Effect.fail(early) : Effect.succeed("merge")))
        const fiber = yield* Effect.fork(awaitMerge(look))
        yield* TestClock.adjust(`${Math.max(0, seconds - 1)} seconds`)
        assert.strictEqual(seconds > 0, (yield* Fiber.poll(fiber))._tag === "None")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.await(fiber), isMade ? Exit.succeed("merge") : Exit.fail(early))
      })
    )
  }

  it.effect("ends immediately if there will be none", () =>
    Effect.gen(function* () {
      const conflict = new NotPlanned({ message: "This pull request conflicts with main." })
      assert.deepStrictEqual(yield* Effect.exit(awaitMerge(Effect.fail(conflict))), Exit.fail(conflict))
    })
  )
})

describe.concurrent("a plan of 5,000 changes", () => {
  const names = Array.from({ length: 10 }, (_, n) => `model-${n}`)
  const many = (name: string, count: number) => Array.from({ length: count }, (_, n) => `proj_${name}${n}`)

  testsOn(
    server(Object.fromEntries(names.map((name, n) => [name, many("old", n === 9 ? 340 : 240)])), {}, [
      ...many("new", 250),
      ...many("old", 340)
    ])
  ).endurance("fits into the comment with what is taken away first, and is whole in the summary", function* () {
    const { hub, run, state } = yield* world
    // The model that loses the most is the last of the policy.
    const pull = hub.open([policyOf(Object.fromEntries(names.map((name) => [name, many("new", 250).join(", ")])))])
    const { summary } = yield* run({ command: "plan", pull })
    const body = state.comments[0]?.body ?? ""
    assert.include(body, "### Access plan: 2500 to grant, 2500 to revoke")
    assert.isAtMost(body.length, 65_536)
    assert.isAtLeast(body.length, 65_000)
    const stepsOf = (text: string) => text.split("\n").filter((line) => /^[+-] proj_/.test(line))
    assert.isTrue(stepsOf(body).every((line) => line.startsWith("- proj_old")))
    assert.match(body, new RegExp(`diff\n[^\n]*${modelOf("model-9")}`))
    assert.match(body, /\d+ more lines are in the \[summary of the run\]/)
    assert.strictEqual(stepsOf(summary).length, 5000)
    assert.notInclude(summary, "more lines are in")
  })
})
